import numpy as np
import pytest

from pfld_mm.evaluation.draw_slider import (
    DECOY,
    PREDICTED,
    TRUE,
    crop_heatmap,
    draw_slider,
    slider_sheet,
)


def is_near(picture, colour, x, y, radius=12):
    area = picture[max(0, y - radius) : y + radius, max(0, x - radius) : x + radius]
    return (np.abs(area.astype(int) - colour).sum(-1) < 10).any()


def test_marks_are_where_they_belong():
    picture = np.full((100, 200, 3), 128, np.uint8)
    drawn = draw_slider(
        picture, [[50, 50], [20, 80]], [(90, 50), None], [(150, 30)], title='case 1'
    )
    assert (picture == 128).all()
    assert is_near(drawn, PREDICTED, 50, 50) and is_near(drawn, PREDICTED, 20, 80)
    assert is_near(drawn, TRUE, 90, 50) and is_near(drawn, DECOY, 150, 30)
    assert not is_near(drawn, TRUE, 20, 80) and not is_near(drawn, PREDICTED, 150, 30)


def test_heat_colours_only_where_it_is_hot():
    picture = np.full((64, 128, 3), 128, np.uint8)
    heat = np.zeros((16, 32), np.float32)
    heat[8, 20] = 1
    drawn = draw_slider(picture, np.full((2, 2), -50.0), heatmap=heat)
    assert (drawn[:, :60] == 128).all()
    assert (drawn[34, 82] != 128).any()


def test_heatmap_comes_back_into_the_frame_of_the_picture():
    # a picture of 200 x 200 in an input of 128 x 64: 0.32, columns 32 to 96
    heat = np.zeros((16, 32), np.float32)
    heat[4, 20] = 1  # centred at (20.5, 4.5) cells of 12.5 picture pixels
    out = crop_heatmap(heat, (200, 200), np.array([100.0, 100.0]), np.array([400.0, 200.0]))
    assert out.shape == (200, 200)
    rows, columns = np.mgrid[:200, :200] + 0.5
    found = (columns * out).sum() / out.sum(), (rows * out).sum() / out.sum()
    assert found == pytest.approx((20.5 * 12.5 - 100, 4.5 * 12.5), abs=0.1)


def test_sheet():
    tiles = [np.full((50, 100, 3), i * 40 + 40, np.uint8) for i in range(4)]
    sheet = slider_sheet([*tiles[:3], np.zeros((80, 100, 3), np.uint8)], columns=3, width=100)
    assert sheet.shape == (160, 300, 3)
    assert sheet[10, 250, 0] == 120
    with pytest.raises(ValueError, match='no picture'):
        slider_sheet([])
