import numpy as np
import pytest

from pfld_mm.synth.puzzles.noise import colorise, fractal, palette, vignette


@pytest.mark.parametrize('size', [(64, 32), (300, 2), (33, 90)])
def test_a_field_has_zero_mean_and_unit_variance(size):
    field = fractal(np.random.default_rng(0), *size, decay=0.6)
    assert field.shape == size[::-1] and field.dtype == np.float32
    assert abs(field.mean()) < 1e-5 and field.std() == pytest.approx(1, abs=1e-3)


def test_slower_decay_is_finer():
    rough, smooth = (
        np.abs(np.diff(fractal(np.random.default_rng(0), 128, 128, decay), axis=1)).mean()
        for decay in (0.9, 0.3)
    )
    assert rough > 2 * smooth


def test_a_palette_goes_from_dark_to_bright():
    for seed in range(20):
        colors = palette(np.random.default_rng(seed), 6)
        assert colors.shape == (6, 3) and colors.dtype == np.float32
        assert (np.diff(colors.max(axis=1)) >= -1).all()  # HSV's value
        assert colors.min() >= 0 and colors.max() <= 255


def test_colors_lie_on_the_gradient():
    colors = np.float32([[0, 0, 0], [255, 100, 0]])
    field = np.float32([[-9, -2, 0, 1.99, 9]])
    expected = np.round(np.array([0, 0, 128, 255, 255])[:, None] / 255 * colors[1])
    np.testing.assert_allclose(colorise(field, colors)[0], expected, atol=1)


def test_corners_are_darkest():
    light = vignette(31, 21, 0.4)
    assert light[10, 15] == 1
    np.testing.assert_allclose([light[0, 0], light[-1, -1]], 0.6, atol=1e-6)
    assert light[0, 15] == pytest.approx(0.8) and light.min() == light[0, 0]
