import csv
import io
import json
from contextlib import ExitStack

import numpy as np
import pytest

from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.reports import CsvReport, JsonReport, open_reports, sentence
from pfld_mm.runtime.slider_result import SliderResult
from pfld_mm.runtime.tracked_faces import TrackedFaces

POINTS = np.float32([[[1.004, 2], [3, 4.128]], [[5, 6], [7, 8]]])
BOXES = np.float32([[1, 2, 3, 4], [5, 6, 7, 8]])
SCORES = np.float32([[0.5, 0.75], [1, 1]])
FACES = FaceLandmarks(POINTS, BOXES, scores=SCORES)
EMPTY = FaceLandmarks(POINTS[:0], BOXES[:0])
PUZZLE = SliderResult((220.0, 80.0), (40.0, 80.0), 180.0, 0.1, (0.9, 0.8), 7.0)
NO_PUZZLE = SliderResult(None, None, None, None, (0.1, 0.2))


def lines(*results, time=None):
    """The lines of CSV as lists."""
    stream = io.StringIO()
    report = CsvReport(stream, ('left', 'right'))
    for result in results:
        report.add('a.png', result, time)
    return list(csv.reader(io.StringIO(stream.getvalue())))


def test_a_line_of_json_an_image():
    stream = io.StringIO()
    JsonReport(stream).add('a.png', FACES, None)
    JsonReport(stream).add('a.mp4', EMPTY, 0.123456)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first == {'source': 'a.png', **FACES.to_dict()}
    assert second == {'source': 'a.mp4', 'time': 0.1235, 'faces': []}


def test_a_line_of_csv_a_point():
    found = lines(EMPTY, FACES)
    assert found[0] == ['source', 'time', 'face', 'point', 'name', 'x', 'y', 'score']
    assert found[2] == ['a.png', '', '0', '1', 'right', '3.0', '4.13', '0.75']
    assert [line[2] for line in found[1:]] == ['0', '0', '1', '1'] and len(found) == 5


def test_a_tracked_face_has_its_number_and_its_time():
    found = lines(TrackedFaces(POINTS, BOXES, ids=(7, 9)), time=1.00001)
    assert [line[:3] for line in found[1::2]] == [['a.png', '1.0', '7'], ['a.png', '1.0', '9']]
    assert {line[-1] for line in found[1:]} == {''}  # no scores


def test_a_line_of_csv_a_puzzle():
    found = lines(PUZZLE, NO_PUZZLE)
    assert found[0][:4] == ['source', 'found', 'gap_x', 'gap_y'] and len(found) == 3
    assert found[1] == ['a.png', 'True', '220.0', '80.0', '40.0', '80.0', '180.0', '0.1']
    assert found[2] == ['a.png', 'False', *[''] * 6]


def test_reports_go_to_files_and_to_stdout(tmp_path, capsys):
    with ExitStack() as stack:
        for report in open_reports('-', str(tmp_path / 'a.csv'), ('left', 'right'), stack):
            report.add('a.png', FACES, None)
    assert json.loads(capsys.readouterr().out)['source'] == 'a.png'
    assert len((tmp_path / 'a.csv').read_text(encoding='utf-8').splitlines()) == 5
    with ExitStack() as stack:
        assert open_reports(None, None, (), stack) == []
        with pytest.raises(ValueError, match="both go to '-'; name two files"):
            open_reports('-', '-', (), stack)


@pytest.mark.parametrize(
    ('result', 'expected'),
    [
        (PUZZLE, 'gap at (220.0, 80.0), distance 180.0'),
        (NO_PUZZLE, 'no gap with a matching piece'),
        (EMPTY, 'no face found'),
        (FaceLandmarks(POINTS[:1], BOXES[:1]), '1 face'),
        (FACES, '2 faces, confidence 0.62, 1.00'),
    ],
)
def test_sentences(result, expected):
    assert sentence(result) == expected


def test_a_crowd_names_five_scores():
    crowd = FaceLandmarks(np.zeros((7, 2, 2)), np.zeros((7, 4)), scores=np.ones((7, 2)))
    assert sentence(crowd) == 'faces'.join(['7 ', ', confidence 1.00, 1.00, 1.00, 1.00, 1.00, ...'])
