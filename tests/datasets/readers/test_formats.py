import json

import numpy as np
import pytest
from helpers.label_files import NAMES, PAIRS, WRITERS, draw_plates

from pfld_mm.datasets.readers.formats import read_labels

NO_FLAGS = ('label_studio', 'dlib')
"""Formats that cannot say that a point is hidden."""


@pytest.mark.parametrize('name', WRITERS)
def test_what_was_written_is_read(tmp_path, name):
    plates = draw_plates(tmp_path / 'set', 4)
    labels = read_labels(WRITERS[name](plates))
    assert len(labels.objects) == 4 and not labels.left_out
    order = [labels.names.index(n) for n in ('01234' if name == 'pts' else NAMES)]
    by_image = {item.image.name: item for item in labels.objects}
    for image, points, flags in plates:
        item = by_image[image]
        assert item.image.is_file() and item.source
        is_marked = flags > 0
        np.testing.assert_allclose(item.points[order][is_marked], points[is_marked], atol=1e-6)
        wanted = np.where(is_marked, 2, 0) if name in NO_FLAGS else flags
        np.testing.assert_array_equal(item.visibility[order], wanted)
    assert labels.flip_pairs == (PAIRS if name == 'yolo' else None)
    has_box = name in ('coco', 'yolo', 'dlib')
    for item, box in zip(labels.objects, plates.boxes(), strict=True):
        assert (item.box is not None) == has_box
        if has_box:
            np.testing.assert_allclose(item.box, box, atol=1.01 if name == 'dlib' else 1e-6)


MALFORMED = r"""
coco | labels.json | "keypoints": [ | "keypoints": [1, | annotations\[0\], keypoints: expected 15
coco | labels.json | "images" | "pictures" | labels\.json: key 'images' is missing
coco | labels.json | "image_id": 0 | "image_id": "a" | annotations\[0\]: key 'image_id'
coco | labels.json | "image_id": 0 | "image_id": 99 | image_id 99 is none
coco | labels.json | "plate", "keypoints" | "plate", "k" | none has keypoints
coco | labels.json | } |  | labels\.json: expected JSON
label_studio | labels.json | "original_width": 240 | "original_width": null | result\[0\], ori
label_studio | labels.json | "annotations" | "results" | task 1: key 'annotations'
labelme | plate_0.json | "shape_type": "point" | "shape_type": "rectangle" | points: expected 2
labelme | plate_1.json | "imagePath" | "image" | plate_1\.json: key 'imagePath'
yolo | plates.yaml | [5, 3] | [5, 4] | plates\.yaml, kpt_shape: expected
yolo | plates.yaml | [1, 0, 3 | [1, 2, 3 | plates\.yaml, flip_idx: expected the mirror
yolo | plates.yaml | train: images | train: nowhere | 'nowhere' is no folder
yolo | plates.yaml | path | { | plates\.yaml: expected YAML
yolo | labels/plate_1.txt | 0 |  | plate_1\.txt:1: expected 20 finite
yolo | labels/plate_1.txt | 0 | x | plate_1\.txt:1: expected 20 finite
dlib | plates.xml | x=' | x='a | plate_0\.png', box 0, part 'top_left': expected
dlib | plates.xml | </images> |  | plates\.xml: expected XML
dlib | plates.xml | <dataset> | <!DOCTYPE a><dataset> | found a DOCTYPE
pts | images/plate_3.pts | n_points 5 { | 1 2 | plate_3\.pts: expected 5 points, as in
pts | images/plate_3.pts | } | 1 2 3 | plate_3\.pts:8: expected two finite
"""
"""Writer | file | what in it | becomes what | the message."""


@pytest.mark.parametrize(
    ('name', 'file', 'old', 'new', 'message'),
    [[cell.strip() for cell in line.split(' | ')] for line in MALFORMED.strip().splitlines()],
)
def test_malformed_files_are_named(tmp_path, name, file, old, new, message):
    plates = draw_plates(tmp_path / 'set', 4)
    path = WRITERS[name](plates)
    broken = plates.folder / file
    text = broken.read_text()
    assert old in text
    broken.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        read_labels(path)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('image_name,a_x,a_z\n', r"t\.csv:1: expected a head .*'a_z'"),
        ('', r't\.csv:1: expected a head'),
        ('image_name,a_x,a_y,a_x,a_y\n', r"t\.csv: two points have the name 'a'"),
        ('image_name,a_x,a_y\na.png,1\n', r't\.csv:2: expected 3 cells, found 2'),
        ('image_name;a_x;a_y\na.png;1;1e300\n', r't\.csv:2: expected 2 finite'),
        ('image_name,a_x,a_y\n"' + 'a' * 200_000 + '",1,2\n', r't\.csv:2: .*field larger'),
    ],
)
def test_malformed_table_is_named(tmp_path, text, message):
    (tmp_path / 't.csv').write_text(text)
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path / 't.csv')


def test_unknown_and_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere does not exist'):
        read_labels(tmp_path / 'nowhere')
    (tmp_path / 'a.json').write_text('{"a": 1}')
    with pytest.raises(ValueError, match=r'a\.json: expected labels of COCO'):
        read_labels(tmp_path / 'a.json')
    (tmp_path / 'b.xml').write_text('')
    with pytest.raises(ValueError, match=r'found a\.json, b\.xml; name the file'):
        read_labels(tmp_path)


def test_images_outside_the_folder_are_left_out(tmp_path):
    plates = draw_plates(tmp_path / 'set', 4)
    path = WRITERS['coco'](plates)
    (tmp_path / 'secret.png').write_bytes(b'')
    path.write_text(path.read_text().replace('"plate_0.png"', '"../secret.png"'))
    labels = read_labels(path)
    assert len(labels.objects) == 3
    assert "annotations[0]: its image '../secret.png' is not below" in labels.left_out[0]


def test_cvat_layout(tmp_path):
    plates = draw_plates(tmp_path / 'set', 4)
    path = WRITERS['coco'](plates)
    (plates.folder / 'annotations').mkdir()
    path = path.rename(plates.folder / 'annotations' / 'person_keypoints_default.json')
    assert len(read_labels(path).objects) == 4


def test_points_in_boxes_are_objects(tmp_path):
    plates = draw_plates(tmp_path / 'set', 2)
    path = WRITERS['labelme'](plates)
    both, other = (plates.folder / f'plate_{i}.json' for i in (0, 1))
    content, more = (json.loads(file.read_text()) for file in (both, other))
    for shape in more['shapes']:
        shape['points'] = [[shape['points'][0][0] + 500, shape['points'][0][1]]]
    boxes = [
        dict(label='plate', shape_type='rectangle', points=[[0, 0], [300, 300]]),
        dict(label='plate', shape_type='rectangle', points=[[800, 300], [500, 0]]),
    ]
    content['shapes'] += more['shapes']
    both.write_text(json.dumps(content))
    other.unlink()
    labels = read_labels(path)
    assert not labels.objects and 'is marked twice; give the points' in labels.left_out[0]
    content['shapes'] += boxes
    both.write_text(json.dumps(content))
    one, two = sorted(read_labels(path).objects, key=lambda item: item.box[0])
    assert one.box.tolist() == [0, 0, 300, 300] and two.box.tolist() == [500, 0, 800, 300]
    np.testing.assert_allclose(two.points[0], plates.points[1, 0] + [500, 0])


def test_a_link_out_of_the_folder_is_no_file_of_it(tmp_path):
    path = WRITERS['coco'](draw_plates(tmp_path / 'set', 4))
    path.rename(tmp_path / 'secret.json')
    path.symlink_to(tmp_path / 'secret.json')
    with pytest.raises(ValueError, match='expected a folder with one file of labels'):
        read_labels(path.parent)
    assert len(read_labels(path).objects) == 4
