import numpy as np
import pytest
from helpers.slider_maps import (
    HEIGHT,
    SQUARE,
    WIDTH,
    maps,
    noise_image,
    rows,
    says,
    sees,
    two_gaps,
    with_mask,
)

from pfld_mm.core.slider.cascade import SliderCascade
from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.decode import decode_slider
from pfld_mm.core.slider.pair_crops import pair_corners

SURE = CascadeParams().sure_logit
MATCH = CascadeParams().min_match_logit
FOUND = CascadeParams().min_found_logit


def locate(output, verifier, image=None, **params):
    cascade = SliderCascade(lambda _: output, verifier, CascadeParams(**params))
    return cascade(noise_image() if image is None else image)


def counted(verifier):
    """A verifier and the list of the sizes of its calls."""
    calls = []
    return calls, lambda squares: calls.append(len(squares)) or verifier(squares)


def test_the_proposer_sees_the_image():
    seen = []
    cascade = SliderCascade(
        lambda image: seen.append(image) or two_gaps(), says(SURE), CascadeParams()
    )
    cascade(noise_image())
    np.testing.assert_array_equal(seen, [noise_image()])


def test_centers_are_those_of_the_boxes_in_one_row():
    colors = np.zeros((4 * HEIGHT, 4 * WIDTH, 3), np.uint8)
    colors[61:91, 41:72, 2] = 255  # the piece
    colors[63:93, 351:391, 2] = colors[63:78, 351:371, 0] = 255  # the gap, red in the top left
    output = maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)])
    found = locate(output, sees, with_mask(colors))
    np.testing.assert_allclose(found.points, [[371, 77], [56.5, 77]])
    np.testing.assert_allclose(found.scores, [0.9, 0.8], rtol=1e-6)
    assert found.angle == pytest.approx(0.1)
    assert found.match_logit == 5.0 and found.found


def test_a_match_is_measured_again_around_what_was_found():
    """A verifier whose boxes are always a quarter of a pixel right of the middle."""

    def verifier(squares):
        answer = rows(*[SURE] * len(squares))
        answer[:, :8] = np.tile([72.25, 70, 88.25, 90], 2)
        return answer

    calls, verifier = counted(verifier)
    found = locate(maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)]), verifier)
    assert calls == [1, 1]
    left, top, gap_left, _ = pair_corners(63.0, 363.0, 82.0, SQUARE)
    middle = 80.25, 80.0
    np.testing.assert_allclose(
        found.points, np.add([(gap_left, top), (left, top)], middle), atol=1e-6
    )
    assert found.angle == pytest.approx(0.1)


def test_where_that_moves_a_center_the_median_of_four_views_counts():
    """The piece's box is 2 px right of the middle, the gap's 4 px below, in every view."""
    seen = []
    output = maps(gaps=[(90, 4, 0.9)], pieces=[(15, 4, 0.8)])
    image = noise_image()
    found = locate(output, lambda squares: seen.append(squares) or says(SURE)(squares), image)
    first, again, mirrored = seen
    assert [len(squares) for squares in seen] == [1, 1, 3]
    left, top, gap_left, _ = pair_corners(63.0, 363.0, 18.0, SQUARE)
    inner = first[0, 3:, -top:].transpose(1, 2, 0) * 255
    expected = image[: SQUARE + top, gap_left : gap_left + SQUARE, :3]
    np.testing.assert_allclose(inner, expected, atol=1e-4)
    # moved to 2 px right for the piece, and 2 px below, the mean of 0 and 4, for both
    np.testing.assert_array_equal(again[0, :3, :-2, :-2], first[0, :3, 2:, 2:])
    np.testing.assert_array_equal(again[0, 3:, :-2], first[0, 3:, 2:])
    views = again[0][:, :, ::-1], again[0][:, ::-1], again[0][:, ::-1, ::-1]
    np.testing.assert_array_equal(mirrored, np.stack(views))
    row = top + 2 + 80 + (np.median([0, 0, 0, 0]) + np.median([4, 4, -4, -4])) / 2
    piece_x = left + 2 + 80 + np.median([2, -2, 2, -2])
    np.testing.assert_allclose(found.points, [[gap_left + 80, row], [piece_x, row]])
    assert found.angle == pytest.approx(np.median([0.1, -0.1, -0.1, 0.1]), abs=1e-7)


@pytest.mark.parametrize(('shift', 'calls'), [(1.9, [1, 1, 3]), (2.1, [1, 1])])
def test_how_far_it_may_move_is_a_param(shift, calls):
    """The gap's center is found 4 px below the middle, then 2 px further down."""
    found, verifier = counted(says(SURE))
    locate(maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)]), verifier, tta_shift=shift)
    assert found == calls


def test_a_match_that_is_not_sure_is_judged_in_four_views():
    """Its place is certain, its logit is the median: 4, 2, 3, 9."""
    output = maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)])
    centered = rows(*[4.0])
    centered[:, :8] = np.tile([70, 70, 90, 90], 2)
    mirrored = centered.repeat(3, 0)
    mirrored[:, 8] = 2, 3, 9
    answers = iter((centered, centered, mirrored))
    found = locate(output, lambda squares: next(answers))
    assert found.match_logit == pytest.approx(3.5) and found.found
    np.testing.assert_allclose(found.points, [[363, 82], [63, 82]])


def zoomed(logits, **params):
    """A pair 1.5 above the limit in every view of its own squares, and others in zoomed ones."""
    seen = []

    def verifier(squares):
        seen.append(squares)
        above = logits[len(seen) - 4] if len(seen) > 3 else [1.5] * len(squares)
        return rows(*(FOUND + one for one in above))

    found = locate(maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)]), verifier, **params)
    return found, seen


def test_a_doubtful_match_is_judged_in_zoomed_squares_too():
    """The mean of the medians 1.5, -0.5 and -1.8, as distances to the limit; places and angle are
    those of the plain views.
    """
    found, seen = zoomed([[-1.0, -0.6, -0.4, 7.0], [-9.0, -1.9, -1.7, 5.0]])
    assert [len(squares) for squares in seen] == [1, 1, 3, 4, 4]
    assert found.match_logit == pytest.approx(FOUND - 0.8 / 3) and not found.found
    plain, _ = zoomed([], zoom_doubt=0)
    assert plain.match_logit == pytest.approx(FOUND + 1.5) and plain.found
    np.testing.assert_array_equal(found.points, plain.points)
    assert found.angle == plain.angle


def test_zoomed_squares_show_more_or_less_of_the_image():
    """An image that changes linearly: after zooming by z, it changes z times as slowly."""
    columns = np.linspace(0, 255, 4 * WIDTH, dtype=np.float32).astype(np.uint8)
    seen = []
    locate(
        maps(gaps=[(70, 32, 0.9)], pieces=[(40, 32, 0.8)]),
        lambda squares: seen.append(squares) or rows(*[FOUND] * len(squares)),
        with_mask(np.broadcast_to(columns[None, :, None], (4 * HEIGHT, 4 * WIDTH, 3)).copy()),
    )
    slopes = [np.polyfit(np.arange(100), squares[0, 3, 80, 30:130], 1)[0] for squares in seen]
    np.testing.assert_allclose(slopes[3] / slopes[0], 140 / 160, rtol=0.02)
    np.testing.assert_allclose(slopes[4] / slopes[0], 184 / 160, rtol=0.02)
    middles = [squares[0, :, 79:81, 79:81].mean((1, 2)) for squares in seen[1:]]
    np.testing.assert_allclose(middles[2:], [middles[0]] * 2, atol=2 / 255)
    mirrored = seen[3][0, :, :, ::-1], seen[3][0, :, ::-1], seen[3][0, :, ::-1, ::-1]
    np.testing.assert_array_equal(seen[3][1:], mirrored)


@pytest.mark.parametrize('away', [-2.1, 2.1])
def test_a_logit_far_from_the_limit_needs_no_zoom(away):
    calls, verifier = counted(says(FOUND + away))
    found = locate(maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)]), verifier, zoom_doubt=2.0)
    assert calls == [1, 1, 3] and found.match_logit == pytest.approx(FOUND + away)


@pytest.mark.parametrize(
    ('logit', 'is_found'), [(MATCH + 0.25, False), (FOUND - 0.0625, False), (FOUND + 0.0625, True)]
)
def test_found_needs_more_than_a_match(logit, is_found):
    """Between both thresholds the measured pair is the best guess."""
    output = maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)])
    found = locate(output, says(logit))
    assert found.found == is_found
    np.testing.assert_array_equal(found.points, locate(output, says(4.0)).points)
    assert locate(output, says(logit), min_found_logit=logit).found


def test_a_rival_that_matches_better_wins():
    calls = []

    def verifier(squares):
        calls.append(len(squares))
        return says(MATCH if len(calls) == 1 else 4.0)(squares)

    found = locate(two_gaps(), verifier)
    assert calls == [1, 1, 1, 3]  # the likeliest, its runner-up, which is measured again
    assert found.points[0, 0] == pytest.approx(4 * 60.75, abs=1)
    assert found.match_logit == 4.0


@pytest.mark.parametrize(('logit', 'expected'), [(SURE, [1, 1, 3]), (SURE - 0.1, [1, 1, 1, 3])])
def test_a_sure_match_has_no_rivals(logit, expected):
    calls, verifier = counted(says(logit))
    locate(two_gaps(), verifier)
    assert calls == expected


def test_scores_decide_between_equal_matches():
    found = locate(two_gaps(), says(1.0))
    assert found.points[0, 0] == pytest.approx(4 * 90.75, abs=1)
    assert found.scores[0] == pytest.approx(0.9)


def test_a_match_with_low_scores_is_before_a_mismatch_with_high_ones():
    output = maps(gaps=[(90, 20, 0.9), (60, 20, 1e-6)], pieces=[(15, 20, 0.8)])
    below, above = MATCH - 0.1, MATCH + 0.1
    answers = iter((rows(below), rows(above), rows(above), rows(above, above, above)))
    found = locate(output, lambda squares: next(answers), zoom_doubt=0)
    assert found.points[0, 0] == pytest.approx(4 * 60.75, abs=1)


def test_where_nothing_matches_the_gap_is_measured_alone():
    calls, verifier = counted(says(MATCH - 0.1))
    found = locate(two_gaps(), verifier)
    assert calls == [1, 1, 1]
    _, scores, angle = decode_slider(two_gaps(), same_row=True)
    np.testing.assert_allclose(found.points, [[363, 86], [63, 86]])  # 4 px below the middle
    np.testing.assert_array_equal(found.scores, scores)
    assert found.angle == angle and found.match_logit == pytest.approx(MATCH - 0.1)
    assert not found.found


def test_without_a_pair_the_gap_is_measured_alone():
    found = locate(maps(gaps=[(90, 20, 0.9)]), says(9.0))
    assert found.match_logit is None and not found.found
    np.testing.assert_allclose(found.points[0], [363, 86])


def test_params_count():
    """A verifier of another size, another threshold, fewer pairs."""
    seen = []

    def verifier(squares):
        seen.append(squares.shape)
        return says(SURE)(squares)

    locate(two_gaps(), verifier, square_size=96, sure_logit=SURE + 1, max_pairs=1)
    assert seen == [(1, 6, 96, 96), (1, 6, 96, 96), (3, 6, 96, 96)]


def repeated_pattern():
    """A pattern that the gap repeats 300 px further right."""
    colors = np.zeros((4 * HEIGHT, 4 * WIDTH, 3), np.uint8)
    pattern = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    pattern = pattern.repeat(4, 0).repeat(4, 1)[:60, :60]
    colors[60:120, 40:100], colors[60:120, 340:400] = pattern, pattern
    return with_mask(colors)


@pytest.mark.parametrize(('same_row', 'distance'), [(True, 300), (False, 304)])
def test_without_a_verifier_the_piece_is_aligned_by_template_matching(same_row, distance):
    """In one row alone: what the maps say of the distance gives way to the image."""
    output = maps(gaps=[(92, 22, 0.9)], pieces=[(16, 22, 0.8)])  # 304 px apart
    found = locate(output, None, repeated_pattern(), same_row=same_row)
    assert found.points[0, 0] - found.points[1, 0] == pytest.approx(distance, abs=0.2)
    assert found.points[0, 0] + found.points[1, 0] == pytest.approx(4 * (92.75 + 16.75))
    assert found.match_logit is None


def test_with_a_verifier_there_is_no_template_matching():
    output = maps(gaps=[(92, 22, 0.9)], pieces=[(16, 22, 0.8)])
    found = locate(output, says(SURE), repeated_pattern())
    assert found.points[0, 0] - found.points[1, 0] == 302  # of the crops, see above


def test_padding_never_wins():
    image = noise_image()
    image[:, :40, 3] = 0
    output = maps(gaps=[(3, 20, 0.9), (90, 20, 0.1)], pieces=[(4, 20, 0.9), (15, 20, 0.1)])
    found = locate(output, None, image)
    assert found.points[0, 0] > 40 and found.points[1, 0] > 40


def test_a_verifier_needs_one_row():
    with pytest.raises(ValueError, match='same_row=True'):
        SliderCascade(lambda _: two_gaps(), says(1.0), CascadeParams(same_row=False))
