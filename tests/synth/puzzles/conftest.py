import cv2
import numpy as np
import pytest


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp('photos')
    rng = np.random.default_rng(0)
    for i in range(3):
        noise = rng.integers(0, 256, (40, 60, 3), np.uint8)
        cv2.imwrite(str(folder / f'{i}.png'), cv2.resize(noise, (600, 400)))
    return folder
