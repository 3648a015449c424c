import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope

import pfld_mm.register  # noqa: F401
from pfld_mm.synth.faces.wflw_tree import write_wflw_tree


@pytest.fixture(autouse=True)
def mmpose_scope():
    init_default_scope('mmpose')


@pytest.fixture(scope='session')
def drawn_tree(tmp_path_factory):
    """A folder of drawn faces in WFLW's form: 8 to train, 4 to test."""
    out = tmp_path_factory.mktemp('drawn') / 'faces'
    write_wflw_tree(out, 8, 4, 0, 1)
    return out


def line(image, box, ignore=0, points=None):
    """A line of a finder's list."""
    points = np.full((5, 2), 20) if points is None else points
    numbers = ' '.join(f'{value:g}' for value in np.ravel(points))
    return f'{image} {box[0]} {box[1]} {box[2]} {box[3]} 0.9 -30 5 {ignore} {numbers}\n'


@pytest.fixture
def finder_folder(tmp_path):
    """Three images with faces.txt: two faces, one of them ignored; one; one."""
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 256, (60, 80, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f'{number}.png'), noise)
    lines = [
        line('0.png', (10, 10, 30, 34)),
        line('1.png', (5, 5, 25, 25)),
        line('0.png', (40, 20, 48, 28), ignore=1),
        line('2.png', (30, 5, 60, 40)),
    ]
    (tmp_path / 'faces.txt').write_text(''.join(lines), encoding='utf-8')
    return tmp_path
