import os
import sys

import cv2
import numpy as np
import pytest

from pfld_mm.runtime.image_writer import can_write, write_image

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)


def test_endings(tmp_path):
    for name in ('a.png', 'a.JPG', 'a.webp', '.a.b.png'):
        assert can_write(tmp_path / name)
    for name in ('a', 'a.xyz', 'a.exr', 'a.p\xeeg', 'a.\udcff', '.png'):
        assert not can_write(tmp_path / name)
        with pytest.raises(OSError, match=r'cannot be written; name a \.jpg or \.png'):
            write_image(tmp_path / name, IMAGE)


@pytest.mark.skipif(sys.platform != 'linux', reason='other systems have no such names')
def test_a_name_that_is_no_utf_8(tmp_path):
    path = tmp_path / 'deep' / os.fsdecode(b'\xff.png')
    write_image(path, IMAGE)
    np.testing.assert_array_equal(cv2.imdecode(np.fromfile(path, np.uint8), 1), IMAGE)


def test_a_folder_of_that_name(tmp_path):
    (tmp_path / 'a.png').mkdir()
    with pytest.raises(OSError, match=r'a\.png: cannot be written \(Is a directory\)'):
        write_image(tmp_path / 'a.png', IMAGE)
