"""The comparison of slider methods, from the command line to the tables."""

import json

import cv2
import pytest
from benchmarks.compare_slider import _from_corner, _moved
from benchmarks.slider.report import BEGIN
from helpers.exported_models import slider_folder
from helpers.runs import tool

from pfld_mm.synth.puzzles.generator import PuzzleGenerator


@pytest.fixture(scope='module')
def real(tmp_path_factory):
    """A folder of the form of a real set."""
    folder = tmp_path_factory.mktemp('real')
    generator = PuzzleGenerator(seed=5, size=(320, 160), piece=1.0, turned=0.0, decoys=0)
    lines = ['image,gap_x,gap_y,piece_x,piece_y,gap_w,gap_h']
    for index in range(3):
        puzzle = generator[index]
        x1, y1, x2, y2 = puzzle.gap_box
        numbers = (*puzzle.gap, *puzzle.piece, x2 - x1, y2 - y1)
        lines.append(','.join([f'{index}.png', *(f'{n:.3f}' for n in numbers)]))
        cv2.imwrite(str(folder / f'{index}.png'), puzzle.image)
    (folder / 'labels.csv').write_text('\n'.join(lines) + '\n')
    return folder


def test_one_run_compares_all_and_writes_tables_and_sheets(real, tmp_path):
    model = slider_folder(tmp_path / 'model')
    out, sheets = tmp_path / 'docs' / 'comparison.md', tmp_path / 'sheets'
    done = tool(
        'benchmarks/compare_slider', model, '--real', real, '--count', 2, '--timed', 2,
        '--without-package', '--out', out, '--sheets', sheets,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert 'time measured on 2 images' in done.stdout
    text, found = out.read_text(), json.loads(out.with_suffix('.json').read_text())
    assert text.startswith(BEGIN) and '| method | real (3) | plain (2) |' in text
    methods = list(found['times'])
    assert methods[:2] == ['pfld_mm colors', "pfld_mm colors, piece's box given"]
    assert len(methods) == 5
    for name, rows in found['sets'].items():
        assert list(rows) == methods
        assert abs(rows[methods[1]]['bias_y']) < 1e-3  # the gap is in the box's row
        assert {row['images'] for row in rows.values()} == {3 if name == 'real' else 2}
    assert len(list(sheets.iterdir())) == len(found['sets']) * len(methods)


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--real', 'no/such'], 'no/such/labels.csv: no such label file'),
        (['--photos', 'no/such'], 'no/such is not a folder'),
        (['no/model'], 'no/model: no such model folder'),
        (['--count', '0'], '--count and --timed must be positive'),
    ],
)
def test_a_mistake_ends_in_a_sentence(arguments, sentence):
    done = tool('benchmarks/compare_slider', '--without-package', *arguments)
    assert done.returncode == 1
    assert sentence in done.stdout and 'Traceback' not in done.stdout


def test_answers_are_counted_from_the_corner_as_labels_are():
    assert _from_corner((10.0, 20.0)) == (10.5, 20.5)
    assert _moved((0, 10, 20, 40), 100.0) == (110.0, 25.0)
    assert _from_corner(None) is _moved((0, 10, 20, 40), None) is None
