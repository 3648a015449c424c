import json

import pytest

from pfld_mm.compat.coco_labels import CocoLabels

LABELS = dict(
    images=[dict(id=7, file_name='a.jpg'), dict(id=3, file_name='b.jpg')],
    categories=[dict(id=1, name='face', supercategory='head'), dict(id=2, name='hand')],
    annotations=[
        dict(id=10, image_id=7, category_id=1, area=4.0, iscrowd=0),
        dict(id=11, image_id=7, category_id=2, area=9.0, iscrowd=1),
        dict(id=12, image_id=3, category_id=1),
    ],
)


@pytest.fixture
def labels(tmp_path):
    (tmp_path / 'coco.json').write_text(json.dumps(LABELS))
    return CocoLabels(tmp_path / 'coco.json')


def test_everything_is_found_by_id(labels):
    assert labels.getImgIds() == [7, 3]
    assert labels.loadImgs(3) == [LABELS['images'][1]]
    assert labels.loadCats([1, 2]) == LABELS['categories']
    assert [item['id'] for item in labels.loadAnns([12, 10])] == [12, 10]
    assert [item['id'] for item in labels.imgToAnns[7]] == [10, 11]


def test_annotations_are_chosen_by_image_category_area_and_crowd(labels):
    assert labels.getAnnIds() == [10, 11, 12]
    assert labels.getAnnIds(imgIds=7) == [10, 11]
    assert labels.getAnnIds(imgIds=[3, 7], catIds=1) == [12, 10]
    assert labels.getAnnIds(areaRng=[5, 10]) == [11]
    assert labels.getAnnIds(imgIds=7, iscrowd=False) == [10]
    assert labels.getAnnIds(imgIds=99) == []


def test_categories_and_images_are_chosen(labels):
    assert labels.getCatIds('hand') == [2]
    assert labels.getCatIds(supNms=['head']) == [1]
    assert labels.getImgIds(catIds=[1, 2]) == [7]


def test_what_is_no_label_file_is_named(tmp_path):
    (tmp_path / 'list.json').write_text('[]')
    with pytest.raises(ValueError, match=r'list\.json: expected a dictionary .* found a list'):
        CocoLabels(tmp_path / 'list.json')
    (tmp_path / 'cut.json').write_text('{"images": [')
    with pytest.raises(ValueError, match=r'cut\.json, line 1: not JSON'):
        CocoLabels(tmp_path / 'cut.json')


def test_results_need_the_real_package():
    with pytest.raises(RuntimeError, match=r'xtcocotools is not installed.*NME'):
        CocoLabels().loadRes('results.json')
