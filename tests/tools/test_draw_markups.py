"""The images of the numbered points, from the command line."""

import cv2
import numpy as np
from helpers.runs import ROOT, tool


def test_it_writes_the_two_images_of_the_documentation(tmp_path):
    done = tool('draw_markups', tmp_path / 'new')
    assert done.returncode == 0, done.stdout
    for count in (98, 68):
        path = tmp_path / 'new' / f'points_{count}.png'
        image = cv2.imread(str(path))
        assert min(image.shape[:2]) >= 1200
        assert path.stat().st_size < 150_000
        shipped = cv2.imread(str(ROOT / 'docs' / path.name))
        assert np.mean(np.abs(image.astype(int) - shipped)) < 1  # the page shows this drawing
