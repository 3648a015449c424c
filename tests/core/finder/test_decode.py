import numpy as np
import pytest

from pfld_mm.core.finder.decode import STRIDE, cell_centers, decode_faces, suppress


def output_map(h=6, w=8, faces=()):
    """A map with faces (row, column, score): boxes of 4 x 2 cells, all points at the cell."""
    output = np.zeros((15, h, w), np.float32)
    output[1:5] = np.log(np.float32([2, 1, 2, 1]))[:, None, None]
    for row, column, score in faces:
        output[0, row, column] = score
    return output


def test_a_face_by_hand():
    output = output_map(faces=[(2, 3, 0.9)])
    output[5:, 2, 3] = np.tile([0.5, -0.25], 5)
    boxes, scores, points = decode_faces(output)
    center = np.array([3.5 * 8 - 0.5, 2.5 * 8 - 0.5])
    np.testing.assert_allclose(boxes, [[*(center - (16, 8)), *(center + (16, 8))]], rtol=1e-6)
    np.testing.assert_allclose(scores, [0.9])
    side = np.sqrt(32 * 16)
    np.testing.assert_allclose(
        points[0], np.tile(center + (side / 2, -side / 4), (5, 1)), rtol=1e-5
    )
    assert boxes.dtype == scores.dtype == points.dtype == np.float32


def test_the_best_first_and_only_above_the_threshold():
    output = output_map(h=20, faces=[(2, 3, 0.5), (10, 3, 0.8), (17, 3, 0.29)])
    boxes, scores, _ = decode_faces(output, min_score=0.3)
    np.testing.assert_allclose(scores, [0.8, 0.5])
    assert boxes[0, 1] > boxes[1, 1]


def test_a_neighbor_of_a_better_cell_is_no_face():
    output = output_map(faces=[(2, 3, 0.9), (3, 4, 0.8), (2, 5, 0.7)])
    found = decode_faces(output, max_iou=0.99)[1]
    np.testing.assert_allclose(found, [0.9])  # (3, 4) touches (2, 3), (2, 5) touches (3, 4)


def test_of_two_overlapping_faces_the_better_one_is_kept():
    output = output_map(faces=[(2, 3, 0.9), (2, 5, 0.7)])  # IoU 1 / 3
    assert len(decode_faces(output, max_iou=0.4)[0]) == 2
    np.testing.assert_allclose(decode_faces(output, max_iou=0.3)[1], [0.9])


def test_no_face_gives_empty_arrays():
    boxes, scores, points = decode_faces(output_map())
    assert boxes.shape == (0, 4) and scores.shape == (0,) and points.shape == (0, 5, 2)


def test_number_of_faces_is_bounded():
    faces = [(row, column, 0.5) for row in range(0, 30, 2) for column in range(0, 30, 2)]
    assert len(decode_faces(output_map(30, 30, faces), max_faces=7, max_iou=0.99)[0]) == 7


def test_huge_distances_stay_finite():
    output = output_map(faces=[(2, 3, 0.9)])
    output[1:5] = 1000
    assert all(np.isfinite(part).all() for part in decode_faces(output))


def test_cell_centers_are_pixel_centers():
    pixels = np.arange(2 * STRIDE).reshape(2, STRIDE).mean(axis=1)
    np.testing.assert_allclose(cell_centers(np.array([0, 1]), np.array([1, 0]))[:, 1], pixels)


def test_suppression_by_hand():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10], [5, 0, 15, 10]], np.float32)
    scores = np.array([0.5, 0.9, 0.1, 0.4])
    assert suppress(boxes, scores, 0.4).tolist() == [1, 3, 2]
    assert suppress(boxes, scores, 0.25).tolist() == [1, 2]
    assert suppress(boxes[:0], scores[:0], 0.4).tolist() == []


@pytest.mark.parametrize('seed', range(3))
def test_suppression_keeps_no_overlapping_pair(seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 50, (40, 2))
    boxes = np.hstack([low, low + rng.uniform(5, 40, (40, 2))])
    scores = rng.random(40)
    kept = suppress(boxes, scores, 0.3)
    assert (np.diff(scores[kept]) <= 0).all()
    from pfld_mm.core.boxes import iou

    assert (np.triu(iou(boxes[kept], boxes[kept]), 1) <= 0.3).all()
