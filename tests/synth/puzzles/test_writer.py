import csv

import cv2
import numpy as np
import pytest

from pfld_mm.synth.puzzles.generator import PuzzleGenerator
from pfld_mm.synth.puzzles.writer import COLUMNS, write_puzzles


def test_the_csv_has_the_columns_and_leaves_absent_things_empty(tmp_path, photos):
    labels = write_puzzles(tmp_path / 'out', 24, seed=5, photos=photos, piece=0.6)
    with labels.open(newline='') as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 24
    generator = PuzzleGenerator(photos, seed=5, piece=0.6)
    for i, row in enumerate(rows):
        puzzle = generator[i]
        image = cv2.imread(str(tmp_path / 'out' / row['image']))
        data = cv2.imencode('.jpg', puzzle.image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
        np.testing.assert_array_equal(image, cv2.imdecode(data, cv2.IMREAD_COLOR))
        assert float(row['gap_x']) == pytest.approx(puzzle.gap[0], abs=6e-4)
        assert float(row['angle_deg']) == pytest.approx(puzzle.angle_deg, abs=6e-5)
        assert (row['piece_x'] == '') == (puzzle.piece is None) == (row['piece_y'] == '')
        decoys = [tuple(map(float, d.split())) for d in row['decoys'].split(';') if d]
        np.testing.assert_allclose(decoys or 0, puzzle.decoys or 0, atol=6e-4)
    assert any(row['decoys'] == '' for row in rows) and any(';' in row['decoys'] for row in rows)
    with pytest.raises(FileExistsError, match=r'labels\.csv exists'):
        write_puzzles(tmp_path / 'out', 1)


def test_workers_write_the_same_files(tmp_path):
    options = {'seed': 2, 'size': (320, 160)}
    one = write_puzzles(tmp_path / 'one', 6, **options)
    two = write_puzzles(tmp_path / 'two', 6, workers=2, **options)
    assert one.read_bytes() == two.read_bytes()
    for path in one.parent.glob('*.jpg'):
        assert path.read_bytes() == (two.parent / path.name).read_bytes()


def test_a_puzzle_without_a_gap_leaves_gap_and_angle_empty(tmp_path):
    labels = write_puzzles(tmp_path / 'out', 8, seed=5, gap=0.5, piece=1.0, size=(320, 160))
    with labels.open(newline='') as file:
        rows = list(csv.DictReader(file))
    shown = {bool(row['gap_x']) for row in rows}
    assert shown == {True, False}
    for row in rows:
        assert bool(row['gap_x']) == bool(row['gap_y']) == bool(row['angle_deg'])
        assert row['piece_x']
