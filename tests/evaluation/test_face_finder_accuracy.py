import numpy as np
import pytest

import pfld_mm.register  # noqa: F401
from pfld_mm.evaluation.face_finder_accuracy import (
    FaceFinderAccuracy,
    average_precision,
    match_faces,
)

FACES = np.array([[0, 0, 20, 20], [100, 0, 150, 50], [200, 0, 230, 40]], np.float32)


def sample(found, scores, ignore=(False, False, False), zoom=1.0):
    found = np.asarray(found, np.float32).reshape(-1, 4)
    return dict(
        pred_instances=dict(
            bboxes=found,
            bbox_scores=np.asarray(scores, np.float32),
            keypoints=np.zeros((len(found), 5, 2), np.float32),
        ),
        gt_instances=dict(
            bboxes=FACES,
            keypoints=np.zeros((3, 5, 2), np.float32),
            yaw=np.array([0.0, -40, 80]),
            ignore=np.array(ignore),
            attributes=np.array([[0.0], [1], [0]]),
        ),
        input_zoom=zoom,
        attribute_names=('pose',),
    )


def measure(*samples, **options):
    metric = FaceFinderAccuracy(**options)
    metric.process([], samples)
    return metric.compute_metrics(metric.results)


def test_a_perfect_finder():
    figures = measure(sample(FACES, [0.9, 0.8, 0.7]))
    assert figures['AP'] == figures['recall'] == figures['IoU'] == 1
    assert figures['false_an_image'] == figures['point_error'] == 0


def test_groups_by_hand():
    figures = measure(sample([FACES[1], [400, 400, 450, 450]], [0.9, 0.6]), sample([], []))
    assert figures['recall'] == pytest.approx(1 / 6) and figures['false_an_image'] == 0.5
    assert figures['recall_attribute/pose'] == 0.5
    assert figures['recall_yaw/30-60'] == 0.5 and figures['recall_yaw/60-181'] == 0
    assert figures['recall_size/16-32'] == 0 and figures['recall_size/32-64'] == 0.25
    assert figures['AP'] == pytest.approx(1 / 6)
    assert 'recall_size/128-inf' not in figures


def test_size_is_that_in_the_searched_image():
    figures = measure(sample(FACES, [0.9, 0.8, 0.7], zoom=0.5))
    assert set(figures) >= {'recall_size/0-16', 'recall_size/16-32'}
    assert 'recall_size/32-64' not in figures


def test_unsure_finds_count_for_the_precision_alone():
    figures = measure(sample(FACES, [0.4, 0.3, 0.2]), min_score=0.5)
    assert figures['AP'] == 1 and figures['recall'] == 0 and figures['IoU'] == 0


def test_a_face_is_found_once_and_ignored_ones_do_not_count():
    figures = measure(
        sample([FACES[0], FACES[0] + 1, FACES[2]], [0.9, 0.8, 0.7], ignore=(False, False, True))
    )
    assert figures['recall'] == 0.5 and figures['false_an_image'] == 1


def test_matching_by_hand():
    iou = np.array([[0.6, 0.5], [0.7, 0.45], [0.8, 0.1]])
    assert match_faces(iou, np.array([False, False]), 0.4).tolist() == [0, 1, -1]
    assert match_faces(iou, np.array([True, False]), 0.4).tolist() == [1, -2, -2]
    assert match_faces(np.zeros((2, 0)), np.zeros(0, bool), 0.4).tolist() == [-1, -1]


def test_average_precision_by_hand():
    # precisions at the hits: 1, 2 / 3; of four faces
    scores, hits = np.array([0.9, 0.8, 0.7]), np.array([True, False, True])
    assert average_precision(scores, hits, 4) == pytest.approx((1 + 2 / 3) / 4)
    assert average_precision(scores[::-1], hits, 4) == pytest.approx((1 + 2 / 3) / 4)
    assert average_precision(np.zeros(0), np.zeros(0, bool), 4) == 0
