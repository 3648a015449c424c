import numpy as np
import pytest

from pfld_mm.evaluation.slider_sheet import (
    DECOY,
    PREDICTED,
    TRUE,
    draw_prediction,
    heatmap_in_image,
    slider_sheet,
)


def is_near(image, color, x, y, radius=20):
    area = image[max(0, y - radius) : y + radius, max(0, x - radius) : x + radius]
    return (np.abs(area.astype(int) - color).sum(-1) < 10).any()


def test_marks_are_where_they_belong():
    image = np.full((100, 200, 3), 128, np.uint8)
    drawn = draw_prediction(
        image, [[50, 50], [20, 80]], [(90, 50), None], [(150, 30)], title='case 1', width=400
    )
    assert drawn.shape == (200, 400, 3) and (image == 128).all()
    assert is_near(drawn, PREDICTED, 100, 100) and is_near(drawn, PREDICTED, 40, 160)
    assert is_near(drawn, TRUE, 180, 100) and is_near(drawn, DECOY, 300, 60)
    assert not is_near(drawn, TRUE, 40, 160) and not is_near(drawn, PREDICTED, 300, 60)
    assert (drawn[98:103, 98:103] == 128).all()


def test_the_first_pixel_is_at_the_origin():
    """The ring around pixel (10, 10) of an image that is drawn four times as large."""
    drawn = draw_prediction(
        np.zeros((50, 100, 3), np.uint8), np.full((2, 2), -50.0), [(10, 10), None], width=400
    )
    green = np.argwhere(drawn[..., 1] > 100)  # the ring is anti-aliased
    assert (green.min(0) + green.max(0)) / 2 == pytest.approx((42, 42), abs=0.5)


def test_heat_is_colored_where_it_is_hot_and_the_rest_gray():
    image = np.full((64, 128, 3), (200, 100, 50), np.uint8)
    heatmap = np.zeros((16, 32), np.float32)
    heatmap[8, 20] = 1
    drawn = draw_prediction(image, np.full((2, 2), -50.0), heatmap=heatmap, width=128)
    assert (drawn[:, :60] == drawn[:, :60, :1]).all()
    assert drawn[34, 82, 2] > drawn[34, 82, 0] + 50


def test_heatmap_comes_back_into_the_frame_of_the_image():
    # an image of 200 x 200 in an input of 128 x 64: 0.32, columns 32 to 96
    heatmap = np.zeros((16, 32), np.float32)
    heatmap[4, 20] = 1  # centerd at (20.5, 4.5) cells of 12.5 image pixels
    out = heatmap_in_image(heatmap, (200, 200), np.array([100.0, 100.0]), np.array([400.0, 200.0]))
    assert out.shape == (200, 200)
    rows, columns = np.mgrid[:200, :200] + 0.5
    found = (columns * out).sum() / out.sum(), (rows * out).sum() / out.sum()
    assert found == pytest.approx((20.5 * 12.5 - 100, 4.5 * 12.5), abs=0.1)


def test_sheet():
    tiles = [np.full((50, 100, 3), i * 40 + 40, np.uint8) for i in range(4)]
    sheet = slider_sheet([*tiles[:3], np.zeros((80, 100, 3), np.uint8)], columns=3, width=100)
    assert sheet.shape == (160, 300, 3)
    assert sheet[10, 250, 0] == 120
    with pytest.raises(ValueError, match='no image'):
        slider_sheet([])
