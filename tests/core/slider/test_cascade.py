import numpy as np
import pytest

from pfld_mm.core.slider.cascade import (
    PAIRS,
    SQUARE,
    SURE,
    find_pairs,
    look_again,
    refine,
    square_corners,
)

HEIGHT, WIDTH = 64, 128


def maps(gaps=(), pieces=()):
    """An output with peaks (column, row, heat); offsets of a quarter of a cell to the right."""
    output = np.zeros((8, HEIGHT, WIDTH), np.float32)
    for index, peaks in enumerate((gaps, pieces)):
        for column, row, heat in peaks:
            output[index, row, column] = heat
    output[[2, 4]] = 0.25
    return output


def picture():
    return np.random.default_rng(0).integers(0, 256, (4 * HEIGHT, 4 * WIDTH, 3), np.uint8)


def answers(*matches, angle=0.1):
    """Boxes around the squares' middles: the piece's 2 px right of it, the gap's 4 px below."""
    middle = SQUARE / 2
    piece = [middle - 10 + 2, middle - 8, middle + 10 + 2, middle + 8]
    gap = [middle - 10, middle - 8 + 4, middle + 10, middle + 8 + 4]
    return np.array([[*piece, *gap, match, angle] for match in matches], np.float32)


def says(match, **kwargs):
    """A network that answers the same to any squares."""
    return lambda squares: answers(*[match] * len(squares), **kwargs)


def turned(angle):
    """A network that sees an angle, and its opposite where the view is mirrored once."""
    views = iter((angle, -angle, angle, -angle, angle))
    return lambda squares: np.concatenate([answers(5.0, angle=next(views)) for _ in squares])


def sees(squares):
    """A network that finds what is bright; an angle of 0.1 where that is red on the left."""
    found = []
    for square in squares:
        boxes = []
        for part in (square[:3], square[3:]):
            rows, columns = np.nonzero(part[2] > 0.5)
            boxes += [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        left, _, right, _ = boxes[4:]
        red = np.nonzero(square[3] > 0.5)[1].mean()
        found.append([*boxes, 5.0, 0.1 if red < (left + right) / 2 else -0.1])
    return np.array(found, np.float32)


def test_pairs_stand_in_a_row_the_piece_on_the_left():
    output = maps(
        gaps=[(90, 20, 0.9), (60, 40, 0.5), (10, 20, 0.4)],
        pieces=[(15, 21, 0.8), (20, 40, 0.7), (100, 40, 0.6)],
    )
    found = [(pair.piece.x, pair.gap.x) for pair in find_pairs(output, 4)]
    assert found == [(4 * 15.75, 4 * 90.75), (4 * 20.75, 4 * 60.75)]


def test_the_row_is_the_mean_by_heat_and_the_hottest_pair_comes_first():
    output = maps(gaps=[(90, 20, 0.9), (70, 20, 0.3)], pieces=[(15, 21, 0.3)])
    first, second = find_pairs(output, 4)
    assert first.row == pytest.approx(4 * 20.5 + 4 * 0.25)
    assert (first.gap.x, second.gap.x) == (4 * 90.75, 4 * 70.75)
    assert first.heat > second.heat
    assert find_pairs(output, 4, most=1) == [first]


def test_a_peak_is_one_peak():
    output = maps(gaps=[(90, 20, 0.9), (92, 21, 0.8)], pieces=[(15, 20, 0.3)])
    assert len(find_pairs(output, 4)) == 1


def test_larger_cells_have_the_same_reach():
    """A peak 16 px away is the same one, one 40 px away another."""
    gaps = [(40, 10, 0.9), (42, 10, 0.8), (45, 10, 0.7)]
    output = maps(gaps=gaps, pieces=[(5, 10, 0.3)])
    found = [(pair.piece.x, pair.gap.x) for pair in find_pairs(output, 8)]
    assert found == [(8 * 5.75, 8 * 40.75), (8 * 5.75, 8 * 45.75)]


def test_nothing_hot_nothing_to_look_at():
    assert find_pairs(maps(), 4) == []
    assert look_again(picture(), maps(), None) is None


def test_centres_are_those_of_the_boxes_in_one_row():
    image = np.zeros((4 * HEIGHT, 4 * WIDTH, 3), np.uint8)
    image[61:91, 41:72, 2] = 255  # the piece
    image[63:93, 351:391, 2] = image[63:93, 351:371, 0] = 255  # the gap, red on the left
    output = maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)])
    points, scores, angle = look_again(image, output, sees)
    np.testing.assert_allclose(points, [[371, 77], [56.5, 77]])
    np.testing.assert_allclose(scores, [0.9, 0.8], rtol=1e-6)
    assert angle == pytest.approx(0.1)


def test_two_views_that_agree_are_enough():
    """A network whose boxes are always a quarter of a pixel right of the middle."""
    calls = []

    def network(squares):
        calls.append(len(squares))
        answer = answers(*[5.0] * len(squares))
        answer[:, :8] = np.tile([72.25, 70, 88.25, 90], 2)
        return answer

    output = maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)])
    (gap, piece), _, angle = look_again(picture(), output, network)
    assert calls == [1, 1]
    left, top, gap_left, _ = square_corners(63.0, 363.0, 82.0)
    np.testing.assert_allclose(piece, [left + 80, top + 80])
    np.testing.assert_allclose(gap, [gap_left + 80, top + 80])
    assert angle == pytest.approx((0.1 - 0.1) / 2)


def test_where_two_views_differ_the_median_of_five_counts():
    """A network whose piece is always 2 px right of the middle, and the gap 4 px below it."""
    calls = []
    output = maps(gaps=[(90, 20, 0.9)], pieces=[(15, 20, 0.8)])
    (gap, piece), _, angle = look_again(
        picture(), output, lambda squares: calls.append(len(squares)) or says(5.0)(squares)
    )
    assert calls == [1, 1, 3]
    left, top, gap_left, _ = square_corners(63.0, 363.0, 82.0)
    # the squares of all but the first are 2 px right, for the piece, and 2 px below
    row = (np.median([0, 2, 2, 2, 2]) + np.median([4, 6, 6, -2, -2])) / 2
    np.testing.assert_allclose(piece, [left + 80 + np.median([2, 0, 4, 4, 0]), top + 80 + row])
    np.testing.assert_allclose(gap, [gap_left + 80, top + 80 + row])
    assert angle == pytest.approx(np.median([0.1, -0.1, 0.1, -0.1, 0.1]))


def test_the_network_sees_the_squares_around_both():
    output = maps(gaps=[(90, 4, 0.9)], pieces=[(15, 4, 0.8)])
    image, seen = picture(), []
    look_again(image, output, lambda squares: seen.append(squares) or says(5.0)(squares))
    squares, again, more = seen
    assert squares.shape == (1, 6, SQUARE, SQUARE)
    left, top, gap_left, _ = square_corners(63.0, 363.0, 18.0)
    assert left < 0 and top < 0  # black beyond the picture
    assert not squares[0, :, :-top].any() and not squares[0, :3, :, :-left].any()
    for part, start in ((squares[0, :3], left), (squares[0, 3:], gap_left)):
        x = max(start, 0)
        inner = part[:, -top:, x - start :].transpose(1, 2, 0) * 255
        expected = image[: SQUARE + top, x : start + SQUARE]
        np.testing.assert_allclose(inner, expected, atol=1e-4)
    mirrored = again[0, :, :, ::-1]
    np.testing.assert_array_equal(mirrored[:3, :-2, :-2], squares[0, :3, 2:, 2:])
    np.testing.assert_array_equal(mirrored[3:, :-2], squares[0, 3:, 2:])
    for one, back in zip(more, (mirrored, mirrored[:, ::-1], again[0][:, ::-1]), strict=True):
        np.testing.assert_array_equal(one, back)


def two_gaps():
    return maps(gaps=[(90, 20, 0.9), (60, 20, 0.85)], pieces=[(15, 20, 0.8)])


def test_a_rival_that_matches_better_wins():
    calls = []

    def network(squares):
        calls.append(len(squares))
        return says(-2.0 if len(calls) == 1 else 4.0)(squares)

    points, _, _ = look_again(picture(), two_gaps(), network)
    assert calls == [1, 1, 1, 3]  # the hottest, its rival, which is looked at once more, and again
    assert points[0, 0] == pytest.approx(4 * 60.75, abs=1)


def test_a_sure_match_has_no_rivals():
    calls = []
    look_again(picture(), two_gaps(), lambda x: calls.append(len(x)) or says(SURE)(x))
    assert calls == [1, 1, 3]  # it is looked at once more, and again


def test_where_no_match_is_sure_the_picture_is_looked_at_upside_down():
    image = np.zeros((4 * HEIGHT, 4 * WIDTH, 3), np.uint8)
    image[150:230, 320:400] = 255

    def network(squares):
        return answers(*(6.0 if gap.mean() > 0.2 else -1.0 for gap in squares[:, 3:]))

    missed = maps(gaps=[(60, 47, 0.9)], pieces=[(15, 47, 0.8)])
    assert look_again(image, missed, network) is None
    seen = maps(gaps=[(90, 16, 0.9)], pieces=[(15, 16, 0.8)])  # of 64 rows from below
    points, scores, _ = look_again(image, missed, network, lambda: seen)
    # the network's boxes are 2 px right and 4 px below: see the median of five
    np.testing.assert_allclose(points, [[363, 193], [65, 193]])
    np.testing.assert_allclose(scores, [0.9, 0.8], rtol=1e-6)


@pytest.mark.parametrize(('match', 'times'), [(SURE, 0), (SURE - 0.1, 1)])
def test_it_is_looked_at_upside_down_only_then(match, times):
    calls = []
    look_again(picture(), two_gaps(), says(match), lambda: calls.append(1) or two_gaps())
    assert len(calls) == times


def test_where_nothing_matches_the_gap_is_measured_alone():
    network = says(-0.1)
    assert look_again(picture(), two_gaps(), network) is None
    first = np.array([[362.0, 82.0], [63.0, 80.0]]), np.ones(2), 0.3
    points, scores, angle = refine(picture(), two_gaps(), lambda: first, network)
    np.testing.assert_allclose(points, [[362, 86], [63, 86]])  # the gap's alone: 4 px below
    assert scores is first[1] and angle == 0.3


def test_no_more_pairs_than_it_takes_time_for():
    gaps = [(60 + 12 * i, 20, 0.9 - 0.1 * i) for i in range(5)]
    pieces = [(5 + 8 * i, 20, 0.9 - 0.1 * i) for i in range(6)]
    assert len(find_pairs(maps(gaps, pieces), 4)) == PAIRS


def test_pieces_are_laid_over_upright_gaps_only():
    """A pattern that the gap repeats 300 px further, where the second look says 298."""
    image = np.zeros((4 * HEIGHT, 4 * WIDTH, 3), np.uint8)
    pattern = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    pattern = pattern.repeat(4, 0).repeat(4, 1)[:60, :60]
    image[60:120, 40:100], image[60:120, 340:400] = pattern, pattern
    output = maps(gaps=[(91, 22, 0.9)], pieces=[(16, 22, 0.8)])
    first = (np.array([[364.0, 90.0], [66.0, 90.0]]), np.ones(2), 0.0)
    found = {}
    for name, network in (
        ('none', None),
        ('upright', turned(0.02)),
        ('turned', turned(-0.2)),
    ):
        (gap, piece), _, angle = refine(image, output, lambda: first, network)
        found[name] = gap[0] - piece[0], angle
    assert found['none'] == (pytest.approx(300, abs=0.2), 0.0)
    assert found['upright'] == (pytest.approx(300, abs=0.2), pytest.approx(0.02))
    expected, _, _ = look_again(image, output, says(5.0))
    assert found['turned'] == (expected[0, 0] - expected[1, 0], pytest.approx(-0.2))
    assert found['turned'][0] == 298
