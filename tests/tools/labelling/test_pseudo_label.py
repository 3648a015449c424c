"""Pseudo-labels: boxes from a file, labels where the disc is, turned faces repeated."""

import importlib.util

import cv2
import numpy as np
import pytest
from helpers.exported_models import disc_box, disc_image, face_folder, face_shape
from helpers.runs import ROOT

from pfld_mm.core.face_markups import WFLW98

CENTER, RADIUS = (110.0, 90.0), 36.0


@pytest.fixture(scope='module')
def pseudo_label():
    spec = importlib.util.spec_from_file_location(
        'pseudo_label', ROOT / 'tools/labelling/pseudo_label.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(pseudo_label, monkeypatch, tmp_path, boxes):
    photos = tmp_path / 'photos'
    photos.mkdir()
    cv2.imwrite(str(photos / 'a, b.png'), disc_image((220, 330), [CENTER], RADIUS))
    (tmp_path / 'boxes.csv').write_text(boxes)
    model = face_folder(tmp_path / 'm', k=98)
    words = [photos, tmp_path / 'out.txt', '--models', model, '--boxes', tmp_path / 'boxes.csv']
    monkeypatch.setattr('sys.argv', ['pseudo_label.py', *map(str, words)])
    pseudo_label.main()
    return (tmp_path / 'out.txt').read_text().splitlines()


def test_a_face_of_the_list_is_labelled(pseudo_label, monkeypatch, tmp_path):
    box = ','.join(f'{value:.1f}' for value in disc_box(CENTER, RADIUS, 98))
    (line,) = run(pseudo_label, monkeypatch, tmp_path, f'a, b.png,{box}\nother.png,1,2,99,99\n')
    fields = line.split(maxsplit=198)
    assert fields[-1] == 'photos/a, b.png'
    points = np.array(fields[:196], float).reshape(98, 2)
    np.testing.assert_allclose(points, face_shape(98) * RADIUS + CENTER, atol=0.5)


def test_a_malformed_box_is_named(pseudo_label, monkeypatch, tmp_path):
    with pytest.raises(SystemExit, match=r"boxes\.csv:1: expected .* found 'a\.png,1,2,x,4'"):
        run(pseudo_label, monkeypatch, tmp_path, 'a.png,1,2,x,4\n')


@pytest.mark.parametrize(('yaw', 'wanted'), [(0, 1), (-20, 1), (30, 3), (-40, 6), (50, 10)])
def test_turned_faces_are_written_several_times(pseudo_label, yaw, wanted):
    turn = np.radians(yaw)
    model = WFLW98.mean_face
    x = np.cos(turn) * model[:, 0] + np.sin(turn) * model[:, 2]
    points = 40 * np.stack([x, model[:, 1]], 1) + 100
    assert pseudo_label.times(points) == wanted
