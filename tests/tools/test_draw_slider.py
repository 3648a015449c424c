"""The sheet of a slider model's predictions, from the command line."""

import cv2
import pytest
from helpers.runs import tool

from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

CONFIG = 'configs/litehrnet18_fast_slider.py'


@pytest.fixture
def folder(tmp_path):
    generator = PuzzleGenerator(seed=5, size=(320, 160), piece=1.0)
    lines = ['image,gap_x,gap_y,piece_x,piece_y']
    for index in range(3):
        puzzle = generator[index]
        numbers = (*puzzle.gap, *puzzle.piece)
        lines.append(','.join([f'{index}.png', *(f'{n:.3f}' for n in numbers)]))
        cv2.imwrite(str(tmp_path / f'{index}.png'), puzzle.image)
    (tmp_path / 'labels.csv').write_text('\n'.join(lines) + '\n')
    return tmp_path


def test_the_data_root_of_the_command_line_counts(folder):
    checkpoint = ModelFolder.read('litehrnet18_fast_slider').path / 'checkpoint.pth'
    out = folder / 'sheet' / 'worst.png'
    done = tool(
        'draw_slider', CONFIG, checkpoint, out, '--columns', 2, '--cfg-options',
        f'data_root={folder}',
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert '3 of 3, worst' in done.stdout
    assert cv2.imread(str(out)).shape == (2 * 320, 2 * 640, 3)
