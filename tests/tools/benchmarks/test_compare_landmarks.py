"""The comparison's rows, on drawn faces with models whose errors are known."""

import cv2
import numpy as np
import pytest
from benchmarks import compare_landmarks as tool

from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp('faces')
    lines = []
    for index in range(6):
        image, points = render_face(sample_face(3, 'test', index))
        cv2.imwrite(str(folder / f'{index}.png'), image)
        attributes = [int(index < 2), 0, 0, 0, 0, 0]
        values = [*np.asarray(points).ravel(), 0, 0, 1, 1, *attributes]
        lines.append(' '.join(map(str, values)) + f' {index}.png')
    (folder / 'list.txt').write_text('\n'.join(lines))
    return tool.read_faces(folder / 'list.txt', folder)


def test_rows_are_those_of_known_errors(faces):
    def off(by):
        """Finds the points of the face whose box it is given, shifted by ``by`` eye distances."""

        def run(image, box):
            truth = next(points for shown, points, _ in faces if shown is image)
            return truth + np.float32([by * np.linalg.norm(truth[60] - truth[72]), 0])

        return run

    first, second = tool.compare({'exact': off(0.0), 'off': off(0.12)}, faces)
    assert first['NME %'] == 0 and first['failures over 10 %'] == 0 and first['difference'] == 0
    assert second['NME %'] == pytest.approx(12, abs=1e-3)
    assert second['failures over 10 %'] == 100 and second['turned'] == pytest.approx(12, abs=1e-3)
    assert second['difference'] == pytest.approx(12, abs=1e-3)
    assert second['its standard error'] < 1e-4
    text = tool.page([first, second], len(faces), 2)
    assert '| off | 12.00 |' in text and '6 faces, 2 of them turned' in text


def test_shipped_models_see_drawn_faces(faces):
    (row,) = tool.compare({'ours': tool.exported_model('pfld_ghostone_98')}, faces)
    assert row['NME %'] < 12 and row['ms'] > 0


def test_jitter_is_the_same_each_time_and_of_the_stated_size():
    boxes = np.tile(np.float32([0, 0, 100, 100]), (400, 1))
    one, other = tool.jitter(boxes), tool.jitter(boxes)
    np.testing.assert_array_equal(one, other)
    centers = (one[:, :2] + one[:, 2:]) / 2 - 50
    assert centers.std() == pytest.approx(5, rel=0.15)
    assert (one[:, 2] - one[:, 0]).std() == pytest.approx(10, rel=0.15)
