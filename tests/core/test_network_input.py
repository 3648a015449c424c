import json

import numpy as np
import pytest
from helpers.exported_models import face_info, slider_info

from pfld_mm.core.model_info import ModelInfo
from pfld_mm.core.network_input import network_input


def info(values):
    return ModelInfo.from_json(json.dumps(values), 'model.json')


def pixel_by_pixel(images, order, mean, std):
    """(N, C, h, w) float64."""
    shape = len(images), len(order), *images[0].shape[:2]
    return np.array(
        [
            (float(images[n][y, x, order[c]]) - mean[c % len(mean)]) / std[c % len(std)]
            for n, c, y, x in np.ndindex(shape)
        ]
    ).reshape(shape)


IMAGES = [np.random.default_rng(n).integers(0, 256, (4, 6, 4), np.uint8) for n in range(2)]


@pytest.mark.parametrize(('color_order', 'order'), [('BGR', (0, 1, 2)), ('RGB', (2, 1, 0))])
def test_faces(color_order, order):
    statistics = dict(mean=[1.5, 20.0, 30.0], std=[2.0, 50.0, 60.0])
    model = info(face_info(size=(6, 4), color_order=color_order, **statistics))
    images = [image[..., :3] for image in IMAGES]
    tensor = network_input(images, model)
    assert tensor.dtype == np.float32 and tensor.flags['C_CONTIGUOUS']
    expected = pixel_by_pixel(images, order, statistics['mean'], statistics['std'])
    np.testing.assert_allclose(tensor, expected, rtol=1e-6)


def test_the_mask_of_a_puzzle_stays_the_last_channel():
    tensor = network_input(IMAGES, info(slider_info(size=(6, 4))))
    np.testing.assert_allclose(tensor, pixel_by_pixel(IMAGES, (2, 1, 0, 3), [0], [255]), rtol=1e-6)


def test_raw_pixels_stay_as_they_are():
    model = info(face_info(size=(6, 4), color_order='BGR', mean=[0] * 3, std=[1] * 3))
    image = IMAGES[0][..., :3]
    tensor = network_input([image[:, ::-1][:, ::-1]], model)  # strides of any kind
    np.testing.assert_array_equal(tensor[0], image.transpose(2, 0, 1))
    assert network_input([], model).shape == (0, 3, 4, 6)
