import numpy as np
import pytest

from pfld_mm.synth.puzzles.clutter import _bar, _free, _icon, add_clutter

BOX = (150.0, 20.0, 310.0, 150.0)


def gray():
    return np.full((160, 320, 3), 128, np.uint8)


def test_it_draws_now_and_then_and_changes_the_image_in_place():
    changed = []
    for seed in range(40):
        image = gray()
        assert add_clutter(np.random.default_rng(seed), image, []) is image
        changed.append((image != 128).any())
    assert 20 < sum(changed) < 40


@pytest.mark.parametrize('draw', [_icon, _bar])
def test_nothing_opaque_covers_the_gap(draw):
    outside = 0
    for seed in range(60):
        image = gray()
        draw(np.random.default_rng(seed), image, [BOX])
        x1, y1, x2, y2 = map(int, BOX)
        inside = image[y1 + 3 : y2 - 3, x1 + 3 : x2 - 3]
        assert (inside == 128).all()
        outside += (image != 128).any()
    assert outside > 5
    image = gray()
    for seed in range(60):
        draw(np.random.default_rng(seed), image, [(0, 0, 320, 160)])
    assert (image == 128).all()  # there is no room at all


@pytest.mark.parametrize(
    ('box', 'expected'),
    [((0, 0, 150, 20), True), ((149, 0, 151, 21), False), ((311, 0, 320, 160), True)],
)
def test_boxes_that_touch_are_free_of_each_other(box, expected):
    assert _free(box, [BOX]) is expected
