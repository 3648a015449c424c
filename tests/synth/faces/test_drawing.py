import numpy as np
import pytest

from pfld_mm.synth.faces.drawing import curve, fill, lambert, lay_over, paint_quads

SQUARE = np.array([[0, 1, 2, 3]])


def square(left, top, side):
    return np.array(
        [[left, top], [left + side, top], [left + side, top + side], [left, top + side]]
    )


@pytest.mark.parametrize('left', [10.0, 10.25, 10.5, 10.9])
def test_painted_quad_lies_where_its_corners_are(left):
    layer = paint_quads(64, square(left, 20.3, 16.0), SQUARE, np.ones(4), np.full((1, 3), 200.0))
    cover = layer[..., 3] / 255.0
    rows, columns = np.indices(cover.shape)
    middle = [(columns * cover).sum() / cover.sum(), (rows * cover).sum() / cover.sum()]
    np.testing.assert_allclose(middle, (left + 8, 28.3), atol=0.26)  # half a supersampled pixel
    assert cover.sum() == pytest.approx(16.5**2, rel=0.04)  # its rim is painted, too
    assert layer[28, 18].tolist() == [200, 200, 200, 255]


def test_near_quads_hide_far_ones():
    points = np.vstack([square(5, 5, 20), square(5, 5, 20)])
    quads = np.array([[0, 1, 2, 3], [4, 5, 6, 7]])
    values = np.array([[10.0] * 3, [200.0] * 3])
    for depth, expected in (([1] * 4 + [2] * 4, 10), ([2] * 4 + [1] * 4, 200)):
        layer = paint_quads(32, points, quads, np.array(depth, dtype=float), values)
        assert layer[15, 15, 0] == expected


@pytest.mark.parametrize('left', [10.0, 10.3, 10.5])
def test_filled_polygon_lies_where_its_corners_are(left):
    image = np.zeros((48, 48), np.uint8)
    fill(image, square(left, 12.0, 16.0), np.array([255.0]))
    cover = image / 255.0
    columns = np.arange(48)[None]
    assert (columns * cover).sum() / cover.sum() == pytest.approx(left + 8, abs=0.3)


def test_layer_over_image():
    image = np.full((2, 2, 3), 100, np.uint8)
    layer = np.zeros((2, 2, 4), np.uint8)
    layer[0, 0] = (50, 60, 70, 255)
    layer[0, 1] = (20, 20, 20, 128)
    lay_over(image, layer)
    assert image[0, 0].tolist() == [50, 60, 70]
    assert image[0, 1].tolist() == [70, 70, 70]
    assert image[1, 1].tolist() == [100, 100, 100]


@pytest.mark.parametrize('closed', [False, True])
def test_curve_goes_through_its_points(closed):
    points = np.random.default_rng(0).uniform(0, 50, (6, 2))
    smooth = curve(points, closed=closed, steps=4)
    np.testing.assert_allclose(smooth[::4], points, atol=1e-12)
    assert len(smooth) == (24 if closed else 21)


def test_light_and_culling():
    front = np.array([[-1, -1, 5], [1, -1, 5], [1, 1, 5], [-1, 1, 5]], dtype=float)
    for points, seen in ((front, True), (front[::-1], False)):
        facing, _ = lambert(points, SQUARE, np.array([0.0, 0.0, -1.0]))
        assert facing.tolist() == [seen]
    for light, amount in (((0, 0, -1), 1.0), ((0, 0, 1), 0.0), ((0, -0.6, -0.8), 0.8)):
        _, diffuse = lambert(front, SQUARE, np.array(light, dtype=float))
        assert diffuse[0] == pytest.approx(amount)
