import json

import pytest

from pfld_mm.core.slider.cascade_params import CascadeParams


def test_they_travel_through_json():
    params = CascadeParams(same_row=False, max_pairs=3, sure_logit=4)
    assert CascadeParams.from_dict(json.loads(json.dumps(params.to_dict()))) == params
    assert CascadeParams.from_dict({}) == CascadeParams()


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        (dict(most=3), r"unknown keys \['most'\].*max_pairs"),
        (dict(max_pairs='3'), r"cascade\.max_pairs: expected int, found '3'"),
        (dict(max_pairs=True), r'cascade\.max_pairs: expected int, found True'),
        (dict(max_peaks=0), r'cascade\.max_peaks: expected 1 to 256, found 0'),
        (dict(max_pairs=20_000), r'cascade\.max_pairs: expected 1 to 128, found 20000'),
        (dict(peak_radius=10**9), r'cascade\.peak_radius: expected 1 to 8192'),
        (dict(same_row=1), r'cascade\.same_row: expected bool, found 1'),
        (dict(sure_logit=float('nan')), r'cascade\.sure_logit: expected float'),
        (dict(sure_logit=None), r'cascade\.sure_logit: expected float'),
        (dict(square_size=100), 'square_size: expected a multiple of 16, found 100'),
    ],
)
def test_what_is_wrong_is_named(values, message):
    with pytest.raises(ValueError, match=message):
        CascadeParams.from_dict(values)
