from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from helpers.slider_maps import maps, noise_image, says, two_gaps

from pfld_mm.core.slider.cascade import SliderCascade
from pfld_mm.core.slider.cascade_params import CascadeParams


def predict(output, verifier):
    return SliderCascade(lambda _: output, verifier, CascadeParams())(noise_image())


@pytest.mark.parametrize(
    ('output', 'verifier', 'match_logit', 'found'),
    [
        (two_gaps(), None, None, True),
        (two_gaps(), says(7.0), 7.0, True),
        (two_gaps(), says(-7.0), -7.0, False),
        (maps(gaps=[(90, 20, 0.9)]), says(7.0), None, False),
    ],
    ids=['no verifier', 'match', 'no match', 'no pair'],
)
def test_what_is_known_of_the_match(output, verifier, match_logit, found):
    prediction = predict(output, verifier)
    assert (prediction.match_logit, prediction.found) == (match_logit, found)
    assert prediction.points.shape == (2, 2) and prediction.scores.shape == (2,)
    gap, piece = prediction.points
    assert gap[0] > piece[0] or not found  # the gap comes first


def test_pixels_begin_at_the_corner():
    """A peak in cell (90, 20), a quarter of a cell right of its middle: 4 (90 + 0.5 + 0.25)."""
    prediction = predict(maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)]), None)
    assert prediction.points[0, 1] == pytest.approx(4 * 20.5)
    assert prediction.points[:, 0].sum() == pytest.approx(4 * (90.75 + 15.75))
    np.testing.assert_allclose(prediction.scores, [0.9, 0.8], rtol=1e-6)


def test_it_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        predict(two_gaps(), None).found = False
