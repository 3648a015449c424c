import numpy as np
import pytest

from pfld_mm.core.head_pose import HeadPose, rotation_matrix
from pfld_mm.runtime.drawing import AXES, GAP, PIECE, POINT, draw_faces, draw_slider
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.slider_result import SliderResult
from pfld_mm.runtime.tracked_faces import TrackedFaces

BLACK = np.zeros((200, 300, 3), np.uint8)


def face(points, poses=None):
    points = np.float32(points)[None]
    boxes = np.concatenate([points.min(1), points.max(1)], axis=1)
    return FaceLandmarks(points, boxes, poses)


def near(canvas, color):
    """Mean place (x, y) of the pixels of about this color."""
    found = np.argwhere((np.abs(canvas.astype(int) - color) < 40).all(-1))
    return found.mean(0)[::-1]


def test_points_are_where_they_should_be():
    canvas = draw_faces(BLACK, face([(100.4, 60.2), (200.4, 160.2)]))
    assert not BLACK.any() and canvas.dtype == np.uint8
    np.testing.assert_allclose(near(canvas[:110, :150], POINT), (100.4, 60.2), atol=0.5)


def test_skeleton_is_drawn(landmarker):
    points = np.random.default_rng(0).uniform(20, 180, (68, 2))
    with_lines = draw_faces(BLACK, face(points), landmarker.info)
    assert (with_lines != draw_faces(BLACK, face(points))).any()


@pytest.mark.parametrize(
    ('angles', 'direction'), [((0.8, 0, 0), (-1, 0)), ((0, 0.8, 0), (0, 1)), ((-0.8, 0, 0), (1, 0))]
)
def test_the_forward_axis_points_where_the_nose_does(angles, direction):
    pose = HeadPose(*angles, rotation_matrix(*angles), np.array([0, 0, 3.0]))
    points = [(100, 50), (200, 50), (100, 150), (200, 150)]
    change = near(draw_faces(BLACK, face(points, (pose,))), AXES[2]) - (150, 100)
    assert change @ direction > 10 and abs(np.cross(change, direction)) < 3


def test_nothing_to_draw():
    empty = TrackedFaces(np.zeros((0, 68, 2), np.float32), np.zeros((0, 4), np.float32), (), ())
    np.testing.assert_array_equal(draw_faces(BLACK, empty), BLACK)


def test_numbers_of_tracked_faces():
    one = face([(100, 60), (200, 160)])
    tracked = TrackedFaces(one.points, one.boxes, ids=(7,))
    assert (draw_faces(BLACK, tracked) != draw_faces(BLACK, one)).any()


@pytest.mark.parametrize('far', [1e4, 1e9, 3e38])
def test_points_far_outside_do_not_overflow(far):
    points = [(-far, -far), (far, far), (50, 50)]
    assert draw_faces(BLACK, face(points)).shape == BLACK.shape


def test_slider():
    result = SliderResult((220.0, 80.0), (40.0, 80.0), 180.0, 0.0, (0.9, 0.8))
    canvas = draw_slider(BLACK, result)
    np.testing.assert_allclose(near(canvas, PIECE), (40, 80), atol=1.0)
    assert np.linalg.norm(near(canvas, GAP) - (220, 80)) < 8  # with the stroke of its angle


def test_unsure_points_fade():
    one = face([(100, 60), (200, 160)])
    sigmas = np.zeros((1, 2, 2), np.float32)
    sigmas[0, 1] = 30
    faded = FaceLandmarks(one.points, one.boxes, scores=np.ones((1, 2)), sigmas=sigmas)
    sure, unsure = (draw_faces(BLACK, faded)[y, x].max() for x, y in ((100, 60), (200, 160)))
    assert sure > 200 and 0 < unsure < 100


def test_no_slider():
    result = SliderResult(None, None, None, None, (0.1, 0.1))
    np.testing.assert_array_equal(draw_slider(BLACK, result), BLACK)
