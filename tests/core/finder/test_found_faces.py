import numpy as np

from pfld_mm.core.finder.found_faces import FoundFaces


def three():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 30, 30], [5, 5, 10, 10]], np.float32)
    points = np.arange(30, dtype=np.float32).reshape(3, 5, 2)
    return FoundFaces(boxes, np.float32([0.9, 0.8, 0.7]), np.float32([0, 10, 20]), points)


def test_selection_keeps_all_parts_together():
    chosen = three()[np.array([False, True, True])]
    assert len(chosen) == 2
    np.testing.assert_allclose(chosen.scores, [0.8, 0.7])
    np.testing.assert_allclose(chosen.roll, [10, 20])
    assert chosen.points[0, 0, 0] == 10


def test_largest_first():
    assert three().largest_first().roll.tolist() == [10, 0, 20]


def test_boxes_alone_are_sure_upright_faces():
    faces = FoundFaces.of_boxes([[1, 2, 3, 4]])
    assert faces.boxes.dtype == np.float32 and faces.points is None
    assert faces.scores.tolist() == [1] and faces.roll.tolist() == [0]
    assert len(FoundFaces.of_boxes(np.zeros((0, 4)))[np.zeros(0, bool)]) == 0


def test_parts_of_a_close_up_are_left_out():
    """By place and score: a surer face in front of another stays."""
    close_up = FoundFaces.of_boxes([[100, 100, 500, 500]])
    close_up.scores[:] = 0.6
    boxes = [[150, 150, 300, 300], [200, 200, 260, 260], [480, 300, 620, 440], [20, 20, 60, 60]]
    others = FoundFaces(
        np.float32(boxes), np.float32([0.5, 0.9, 0.5, 0.5]), np.zeros(4, np.float32)
    )
    together = close_up.with_others(others)
    assert together.boxes.tolist() == [[100, 100, 500, 500], boxes[2], boxes[1], boxes[3]]
    assert len(FoundFaces.of_boxes(np.zeros((0, 4))).with_others(others)) == 4
