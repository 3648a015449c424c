import numpy as np

from pfld_mm.runtime.face import Face
from pfld_mm.runtime.face_track import FaceTrack


def box(x, side=40.0):
    return np.float32([x, 0, x + side, side])


def face():
    return Face(points=np.zeros((2, 2), np.float32), box=box(0))


def test_it_expects_its_face_to_move_on():
    track = FaceTrack(0, box(0))
    track.see(face(), box(0), 0.0)
    np.testing.assert_array_equal(track.expected, box(0))  # no velocity yet
    for x in (10, 20, 30, 40, 50):
        track.see(face(), box(x), 0.0)
    np.testing.assert_allclose(track.expected, box(60), atol=0.5)
    track.missed = 2
    np.testing.assert_allclose(track.expected, box(80), atol=1.5)


def test_surprise_and_distance_are_in_sizes_of_the_face():
    track = FaceTrack(0, box(0))
    track.see(face(), box(20), 5.0)
    assert track.surprise == 0.5 and track.roll == 5.0 and track.size == 40.0
    assert track.distance_to(box(20)) == 0 and track.distance_to(box(60)) == 1.0


def test_frames_without_it_slow_the_velocity():
    track = FaceTrack(0, box(0), face=face(), missed=3)
    track.see(face(), box(40), 0.0)  # 40 px in four frames
    np.testing.assert_allclose(track.velocity, (5, 0))
    assert track.missed == 0
