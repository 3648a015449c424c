import pickle
import time

import numpy as np
import pytest

from pfld_mm.synth.puzzles.generator import PuzzleGenerator


def test_the_same_seed_and_index_give_the_same_bytes_in_any_order(photos):
    first = PuzzleGenerator(photos, seed=3)
    puzzles = [first[i] for i in range(5)]
    second = pickle.loads(pickle.dumps(first))
    for i in (4, 0, 2):
        again = second[i]
        assert again.image.tobytes() == puzzles[i].image.tobytes()
        assert (again.gap, again.piece, again.decoys, again.angle_deg) == (
            puzzles[i].gap,
            puzzles[i].piece,
            puzzles[i].decoys,
            puzzles[i].angle_deg,
        )
    assert PuzzleGenerator(photos, seed=4)[0].gap != puzzles[0].gap
    assert puzzles[0].gap != puzzles[1].gap


def test_a_generator_pickles_small_after_reading_photos(photos):
    generator = PuzzleGenerator(photos)
    for i in range(4):
        generator[i]
    assert generator.photos._cache
    assert len(pickle.dumps(generator)) < 4000


def test_options_are_respected():
    generator = PuzzleGenerator(seed=1, size=(320, 160), piece=0.0, turned=0.0, clutter=False)
    for i in range(10):
        puzzle = generator[i]
        assert puzzle.image.shape == (160, 320, 3) and puzzle.image.dtype == np.uint8
        assert puzzle.piece is None and puzzle.piece_box is None and puzzle.decoys == ()
        assert puzzle.angle_deg == 0
    turned = PuzzleGenerator(seed=1, turned=1.0, piece=1.0, shapes=('jigsaw',))
    angles = np.abs([turned[i].angle_deg for i in range(20)])
    assert angles.min() >= 0.5 and angles.max() <= 20
    far = PuzzleGenerator(seed=1, turned=1.0, turn_deg=(5, 20), shapes=('jigsaw',))
    angles = np.array([far[i].angle_deg for i in range(20)])
    assert np.abs(angles).min() >= 5 and np.abs(angles).max() <= 20 and np.ptp(np.sign(angles)) == 2
    discs = PuzzleGenerator(seed=1, turned=1.0, shapes=('disc',))
    assert discs[0].angle_deg == 0, 'a turned disc cannot be told from an upright one'


def test_pieces_have_the_size_asked_for():
    options = {'size': (320, 160), 'piece_size': (0.5, 0.6), 'shapes': ('rounded_square',)}
    generator = PuzzleGenerator(seed=4, turned=0.0, piece=0.0, **options)
    for index in range(10):
        left, top, right, bottom = generator[index].gap_box
        assert 0.5 * 160 - 1e-6 <= max(right - left, bottom - top) <= 0.6 * 160 + 1e-6


@pytest.mark.parametrize('size', [(260, 200), (700, 320)])
def test_however_large_the_pieces_both_find_room(size):
    generator = PuzzleGenerator(seed=5, size=size, piece_size=(0.9, 1.0), turned=1.0)
    for index in range(60):
        puzzle = generator[index]
        for left, top, right, bottom in filter(None, (puzzle.gap_box, puzzle.piece_box)):
            assert -1 < left < right < size[0] + 1 and -1 < top < bottom < size[1] + 1


def test_labels_stay_in_the_image(photos):
    generator = PuzzleGenerator(photos, seed=9)
    for i in range(60):
        puzzle = generator[i]
        height, width = puzzle.image.shape[:2]
        for x, y in filter(None, (puzzle.gap, puzzle.piece, *puzzle.decoys)):
            assert 0 < x < width and 0 < y < height
        x1, y1, x2, y2 = puzzle.gap_box
        np.testing.assert_allclose(((x1 + x2) / 2, (y1 + y2) / 2), puzzle.gap)
        if puzzle.piece:
            assert abs(puzzle.piece[1] - puzzle.gap[1]) < 1e-6
            assert puzzle.piece_box[2] < x1


def test_there_is_no_puzzle_before_the_first():
    with pytest.raises(IndexError, match='-1'):
        PuzzleGenerator()[-1]


def test_rate(record_property):
    """The aim is 30 images a second and core; here only a regression by far is caught."""
    generator, count = PuzzleGenerator(seed=0), 20
    generator[0]
    start = time.process_time()
    for i in range(count):
        generator[i]
    rate = count / (time.process_time() - start)
    record_property('puzzles_per_second', round(rate, 1))
    print(f'{rate:.0f} procedural puzzles a second of processor time')
    assert rate > 5
