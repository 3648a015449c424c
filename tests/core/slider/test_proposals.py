import pytest
from helpers.slider_maps import maps

from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.proposals import find_pairs

PARAMS = CascadeParams()


def test_pairs_stand_in_a_row_the_piece_on_the_left():
    output = maps(
        gaps=[(90, 20, 0.9), (60, 40, 0.5), (10, 20, 0.4)],
        pieces=[(15, 21, 0.8), (20, 40, 0.7), (100, 40, 0.6)],
    )
    found = [(pair.piece.x, pair.gap.x) for pair in find_pairs(output, 4, PARAMS)]
    assert found == [(4 * 15.75, 4 * 90.75), (4 * 20.75, 4 * 60.75)]


def test_the_row_is_the_mean_by_score_and_the_best_pair_comes_first():
    output = maps(gaps=[(90, 20, 0.9), (70, 20, 0.3)], pieces=[(15, 21, 0.3)])
    first, second = find_pairs(output, 4, PARAMS)
    assert first.row == pytest.approx(4 * 20.5 + 4 * 0.25)
    assert (first.gap.x, second.gap.x) == (4 * 90.75, 4 * 70.75)
    assert first.log_score > second.log_score
    assert find_pairs(output, 4, CascadeParams(max_pairs=1)) == [first]


@pytest.mark.parametrize(('offset', 'found'), [(24.0, 1), (23.0, 0)])
def test_heights_may_differ_as_far_as_the_params_say(offset, found):
    output = maps(gaps=[(90, 20, 0.9)], pieces=[(15, 26, 0.3)])  # 24 px apart
    assert len(find_pairs(output, 4, CascadeParams(max_row_offset=offset))) == found


@pytest.mark.parametrize(('offset', 'found'), [(19.0, 1), (20.0, 0)])
def test_the_gap_is_far_enough_to_the_right(offset, found):
    output = maps(gaps=[(20, 20, 0.9)], pieces=[(15, 20, 0.3)])  # 20 px apart
    assert len(find_pairs(output, 4, CascadeParams(min_piece_offset=offset))) == found


def test_a_peak_is_one_peak():
    output = maps(gaps=[(90, 20, 0.9), (92, 21, 0.8)], pieces=[(15, 20, 0.3)])
    assert len(find_pairs(output, 4, PARAMS)) == 1


def test_larger_cells_have_the_same_radius():
    """A peak 16 px away is the same one, one 40 px away another."""
    gaps = [(40, 10, 0.9), (42, 10, 0.8), (45, 10, 0.7)]
    output = maps(gaps=gaps, pieces=[(5, 10, 0.3)])
    found = [(pair.piece.x, pair.gap.x) for pair in find_pairs(output, 8, PARAMS)]
    assert found == [(8 * 5.75, 8 * 40.75), (8 * 5.75, 8 * 45.75)]


def test_no_scores_no_pairs():
    assert find_pairs(maps(), 4, PARAMS) == []


def test_the_number_of_pairs_is_limited():
    gaps = [(60 + 12 * i, 20, 0.9 - 0.1 * i) for i in range(5)]
    pieces = [(5 + 8 * i, 20, 0.9 - 0.1 * i) for i in range(6)]
    assert len(find_pairs(maps(gaps, pieces), 4, PARAMS)) == PARAMS.max_pairs
    few = CascadeParams(max_peaks=2)
    assert len(find_pairs(maps(gaps, pieces), 4, few)) == 4
