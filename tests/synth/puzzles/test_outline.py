import numpy as np
import pytest
from helpers.puzzle_shapes import moments

from pfld_mm.synth.puzzles.outline import Patch, place
from pfld_mm.synth.puzzles.shapes import SHAPE_KINDS, random_shape


@pytest.mark.parametrize('kind', SHAPE_KINDS)
def test_boxes_are_exact_and_masks_sit_where_the_outline_is(kind):
    rng, errors = np.random.default_rng(5), []
    for _ in range(40):
        shape = random_shape(rng, (kind,))
        center = tuple(rng.uniform(48, 52, 2))
        outline = place(shape, rng.uniform(40, 52), rng.uniform(-3, 3), center)
        low, high = outline.contours[0].min(0), outline.contours[0].max(0)
        np.testing.assert_allclose((low + high) / 2, center, atol=1e-9)
        np.testing.assert_allclose(outline.box, (*low, *high), atol=1e-9)
        alpha = outline.alpha(Patch(0, 0, 100, 100))
        part = outline.alpha(Patch(3, 7, 90, 85))
        np.testing.assert_array_equal(part, alpha[7:92, 3:93])
        errors.append(np.subtract(moments(alpha), polygon_moments(outline.contours)))
    # OpenCV fills the pixels on the line, too: outlines grow by an eighth of a px on every side,
    # which moves the center of gravity of an uneven shape one way or the other.
    assert np.abs(errors).max() < 0.2
    assert np.abs(np.mean(errors, axis=0)).max() < 0.03


def polygon_moments(contours):
    """Center of gravity by the shoelace formula; holes count negatively."""
    area, first = 0.0, np.zeros(2)
    for number, c in enumerate(contours):
        after = np.roll(c, -1, axis=0)
        cross = c[:, 0] * after[:, 1] - after[:, 0] * c[:, 1]
        sign = np.sign(cross.sum()) * (1 if number == 0 else -1)
        area += sign * cross.sum() / 2
        first += sign * ((c + after) * cross[:, None]).sum(0) / 6
    return first / area
