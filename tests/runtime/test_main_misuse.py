"""The command line: mistakes, closed streams and odd names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pfld_mm.runtime import __main__ as program
from pfld_mm.runtime.__main__ import main

pytestmark = pytest.mark.usefixtures('found_disc')


@pytest.mark.parametrize('option', ['--json', '--csv'])
def test_a_report_never_replaces_a_picture(face_model, images, capsys, option):
    """``--json *.png`` takes the first picture for the file to write to."""
    before = (images / 'a.png').read_bytes()
    arguments = ['--model', str(face_model), option, str(images / 'a.png'), str(images / 'b.jpg')]
    assert main(arguments) == 2
    assert f'{option} {images / "a.png"} would write over' in capsys.readouterr().err
    assert (images / 'a.png').read_bytes() == before


@pytest.mark.parametrize('arguments', [[''], ['a.png', '--out', ''], ['a.png', '--json', '']])
def test_an_empty_name_is_not_the_current_folder(capsys, arguments):
    with pytest.raises(SystemExit):
        main(arguments)
    assert 'expected a name, found an empty one' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('error', 'status', 'message'),
    [
        (KeyboardInterrupt(), 130, 'interrupted\n'),
        (OSError(28, 'No space left on device'), 2, 'no space left where --out, --json or --csv'),
    ],
)
def test_how_a_run_may_end(images, monkeypatch, capsys, error, status, message):
    def fail(*_):
        raise error

    monkeypatch.setattr(program, '_run', fail)
    assert main([str(images)]) == status
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('closed', ['>&-', '2>&-', '| true'])
def test_streams_that_are_closed(face_model, images, closed):
    """JSON alone goes to stdout, and nobody gets a traceback."""
    source, model = images / 'b.jpg', face_model
    command = f'{sys.executable} -m pfld_mm.runtime {source} --model {model} {closed}'
    done = subprocess.run(['sh', '-c', command], capture_output=True, text=True)
    assert 'rror' not in done.stderr
    assert all(json.loads(line) for line in done.stdout.splitlines())


def test_a_name_that_is_no_utf_8_stops_no_folder(face_model, images, capsys):
    name = os.fsdecode(b'b\xff.jpg')
    (images / 'b.jpg').rename(images / name)
    cv2.imwrite(str(images / 'z.jpg'), np.zeros((50, 60, 3), np.uint8))
    out = images.parent / 'drawn'
    assert main([str(images), '--model', str(face_model), '--out', str(out), '--json']) == 1
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(answer['source']).name for answer in answers] == ['a.png', name, 'z.jpg']
    assert sorted(path.name for path in out.iterdir()) == ['a.png', name, 'z.jpg']
