import numpy as np
import pytest

from pfld_mm.core.slider.pair_crops import pair_corners
from pfld_mm.core.slider.pair_verdict import PAIR_OUTPUTS, PairVerdict

ROW = dict(
    piece_x1=60, piece_y1=70, piece_x2=104, piece_y2=94, gap_x1=50, gap_y1=74, gap_x2=100,
    gap_y2=98, match_logit=3.0, angle=0.2,
)  # fmt: skip
CORNERS = pair_corners(100.0, 400.0, 120.0, 160)


def row(**changes):
    return np.array([{**ROW, **changes}[name] for name in PAIR_OUTPUTS], np.float32)


def test_columns_have_names():
    found = PairVerdict.from_row(row(), CORNERS, 160)
    assert found.piece == (CORNERS.piece_left + 82, CORNERS.piece_top + 82)
    assert found.gap == (CORNERS.gap_left + 75, CORNERS.gap_top + 86)
    assert (found.match_logit, found.angle) == (3.0, pytest.approx(0.2))
    assert found.row == CORNERS.piece_top + 84


@pytest.mark.parametrize('mirrored', [(False, True), (True, False), (True, True)])
def test_what_was_seen_mirrored_is_turned_back(mirrored):
    changes = {}
    for name in ('piece', 'gap'):
        for axis, is_mirrored in zip('xy', mirrored, strict=True):
            low, high = f'{name}_{axis}1', f'{name}_{axis}2'
            if is_mirrored:
                changes[low], changes[high] = 160 - ROW[high], 160 - ROW[low]
    if sum(mirrored) == 1:
        changes['angle'] = -ROW['angle']
    found = PairVerdict.from_row(row(**changes), CORNERS, 160, mirrored)
    assert found == PairVerdict.from_row(row(), CORNERS, 160)


def test_the_median_of_several():
    verdicts = [PairVerdict((x, 2.0), (x + 10, 4.0), x, -x) for x in (1.0, 2.0, 9.0)]
    assert PairVerdict.median(verdicts) == verdicts[1]
    expected = PairVerdict((1.5, 2.0), (11.5, 4.0), 1.5, -1.5)
    assert PairVerdict.median(verdicts[:2]) == expected


def test_the_distance_is_the_largest_of_all_coordinates():
    one, other = PairVerdict((1, 2), (3, 4), 0, 0), PairVerdict((1.5, 2), (3, 2.5), 9, 9)
    assert one.distance_to(other) == other.distance_to(one) == 1.5
