import json

import pytest
from helpers.label_files import WRITERS, draw_plates

from pfld_mm.datasets.readers.labelme import read_labelme
from pfld_mm.datasets.readers.usable import only_usable


def write(tmp_path, **change):
    """Five files, the second changed; their folder."""
    plates = draw_plates(tmp_path / 'set', 5)
    WRITERS['labelme'](plates)
    file = plates.folder / 'plate_1.json'
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    return plates.folder


def test_images_of_another_size_are_left_out(tmp_path):
    folder = write(tmp_path, imageWidth=480, imageHeight=360)
    labels = only_usable(read_labelme(folder, folder))
    assert len(labels.objects) == 4 and 'an image of 480 x 360, but' in labels.left_out[0]
    assert 'plate_1.json' in labels.left_out[0]


def test_malformed_numbers_are_named(tmp_path):
    shape = dict(label='a', shape_type='point', points=[[10**400, 1]])
    folder = write(tmp_path, shapes=[shape])
    with pytest.raises(ValueError, match=r'plate_1\.json: shapes\[0\], points: expected 2 finite'):
        read_labelme(folder, folder)


def test_links_out_of_the_folder_are_left_out(tmp_path):
    folder = write(tmp_path)
    secret = tmp_path / 'secret.json'
    (folder / 'plate_1.json').rename(secret)
    (folder / 'plate_1.json').symlink_to(secret)
    labels = read_labelme(folder, folder)
    assert len(labels.objects) == 4 and 'plate_1.json: a link out of' in labels.left_out[0]
    assert len(read_labelme(folder, tmp_path).objects) == 5


def test_many_points_take_no_time(tmp_path):
    points = [dict(label=f'p{i}', shape_type='point', points=[[i, 1]]) for i in range(3000)]
    folder = write(tmp_path, shapes=points)
    assert len(read_labelme(folder, folder).names) == 3005
