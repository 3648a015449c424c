import json

import pytest
from helpers.label_files import HEIGHT, WIDTH, WRITERS, draw_plates

from pfld_mm.datasets.readers.coco import read_coco
from pfld_mm.datasets.readers.usable import only_usable


def spoil(tmp_path, change):
    """A COCO file of six images, its content changed."""
    plates = draw_plates(tmp_path / 'set', 6)
    path = WRITERS['coco'](plates)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('flip_pairs', [[0.7, 1.2]], r'flip_pairs: expected whole numbers, found \[0\.7, 1\.2\]'),
        ('flip_pairs', [[float('inf'), 1]], 'flip_pairs: expected 2 finite numbers'),
        ('flip_pairs', [[10**400, 1]], 'flip_pairs: expected 2 finite numbers'),
        ('flip_pairs', [['top_left', 'x']], 'flip_pairs: expected pairs of points, each once'),
        ('flip_pairs', [[0, 9]], 'flip_pairs: expected pairs of points, each once'),
        ('flip_pairs', {'0': 1}, 'flip_pairs: expected 2 finite numbers'),
        ('skeleton', [[1.5, 2]], r'skeleton: expected whole numbers, found \[1\.5, 2\]'),
        ('keypoints', 'abcde', "keypoints: expected a list of names, found 'abcde'"),
        ('keypoints', [['a'], 'b', 'c', 'd', 'e'], 'keypoints: expected a list of names'),
    ],
)
def test_malformed_categories_are_named(tmp_path, key, value, message):
    path = spoil(tmp_path, lambda content: content['categories'][0].update({key: value}))
    with pytest.raises(ValueError, match=r"labels\.json: category 'plate', " + message):
        read_coco(path, path.parent)


@pytest.mark.parametrize('value', ['4_0', '٤', 10**400])
def test_malformed_coordinates_are_named(tmp_path, value):
    def change(content):
        content['annotations'][2]['keypoints'][0] = value

    path = spoil(tmp_path, change)
    with pytest.raises(ValueError, match=r'annotations\[2\], keypoints: expected 15 finite'):
        read_coco(path, path.parent)


def test_two_files_put_together_are_told_by_their_numbers(tmp_path):
    def put_together(content):
        content['images'] += [dict(id=3, file_name='other.png')]

    path = spoil(tmp_path, put_together)
    with pytest.raises(ValueError, match=r"images\[6\]: .* found 3 for 'plate_3\.png' and 'other"):
        read_coco(path, path.parent)
    content = json.loads(path.read_text())
    content['images'][-1] = content['images'][3]
    path.write_text(json.dumps(content))
    assert len(read_coco(path, path.parent).objects) == 6
    content['categories'].append(dict(id=7, name='other'))
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match='key categories: expected another id for each, found 7'):
        read_coco(path, path.parent)


@pytest.mark.parametrize(
    ('size', 'message'),
    [
        ((480, 360), 'an image of 480 x 360, but plate_1.png has 240 x 180; label this'),
        (
            (HEIGHT, WIDTH),
            'of 180 x 240, but .* 240 x 180, its sides swapped as EXIF turns it; label this',
        ),
        ((None, 99), r'of \? x 99, but'),
    ],
)
def test_images_of_another_size_are_left_out(tmp_path, size, message):
    def resize(content):
        content['images'][1].update(width=size[0], height=size[1])

    path = spoil(tmp_path, resize)
    labels = only_usable(read_coco(path, path.parent))
    assert len(labels.objects) == 5
    with pytest.raises(ValueError, match=message.replace('plate_1.png', '.plate_1.png.')):
        raise ValueError(labels.left_out[0])


def test_an_image_of_two_names_is_left_out(tmp_path):
    def rename(content):
        for record, folder in zip(content['images'][:2], 'xy', strict=True):
            record['file_name'] = f'{folder}/plate_0.png'

    path = spoil(tmp_path, rename)
    labels = read_coco(path, path.parent)
    assert len(labels.objects) == 4
    assert all('plate_0.png is listed as' in reason for reason in labels.left_out)
