import os

import pytest
from helpers.label_files import WRITERS, draw_plates

from pfld_mm.datasets.readers.pts_folder import read_pts_folder


@pytest.fixture
def folder(tmp_path):
    """Four images with their points."""
    plates = draw_plates(tmp_path / 'set', 4)
    WRITERS['pts'](plates)
    return plates.folder / 'images'


def test_further_objects_and_other_endings(folder):
    (folder / 'plate_0.pts').rename(folder / 'plate_1.2.pts')
    (folder / 'plate_3.png').rename(folder / 'plate_3.JPG')
    images = [item.image.name for item in read_pts_folder(folder, folder).objects]
    assert images == ['plate_1.png', 'plate_1.png', 'plate_2.png', 'plate_3.JPG']


def test_points_beside_two_images_are_left_out(folder):
    (folder / 'plate_1.jpg').write_bytes(b'')
    labels = read_pts_folder(folder, folder)
    (reason,) = labels.left_out
    assert len(labels.objects) == 3
    assert reason.endswith('plate_1.pts: plate_1.jpg and plate_1.png are beside it; remove one')


@pytest.mark.parametrize('ending', ['pts', 'png'])
def test_links_out_of_the_folder_are_left_out(folder, tmp_path, ending):
    file = folder / f'plate_1.{ending}'
    file.rename(tmp_path / 'secret')
    file.symlink_to(tmp_path / 'secret')
    labels = read_pts_folder(folder, folder)
    assert len(labels.objects) == 3
    assert f'plate_1.pts: plate_1.{ending} is a link out of' in labels.left_out[0]
    assert len(read_pts_folder(folder, tmp_path).objects) == 4


def test_pipes_and_devices(folder):
    (folder / 'plate_1.png').unlink()
    os.mkfifo(folder / 'plate_1.png')
    assert 'plate_1.pts: no image beside it' in read_pts_folder(folder, folder).left_out[0]
    (folder / 'plate_2.pts').unlink()
    os.mkfifo(folder / 'plate_2.pts')
    with pytest.raises(ValueError, match=r'plate_2\.pts: expected a text file, found a pipe'):
        read_pts_folder(folder, folder)


def test_names_that_are_no_unicode(folder):
    for ending in (b'png', b'pts'):
        source = folder / f'plate_1.{ending.decode()}'
        os.rename(source, os.fsencode(folder) + b'/\xff.' + ending)
    assert len(read_pts_folder(folder, folder).objects) == 4
