from types import SimpleNamespace

import numpy as np
import pytest
from helpers.exported_models import disc_box, disc_image, face_shape

from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.runtime.crop_consistency import MAX_CROP_INCONSISTENCY, crop_inconsistency
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.face_tracker import FaceTracker
from pfld_mm.runtime.one_euro import OneEuro

SHAPE = (240, 320)


class Finder:
    """Finds the discs that it is told of, and counts how often it is asked."""

    def __init__(self, radius=30):
        self.centers = []
        self.radius = radius
        self.calls = 0

    def __call__(self, image):
        self.calls += 1
        boxes = [disc_box(center, self.radius) for center in self.centers]
        return np.array(boxes, np.float32).reshape(-1, 4)


@pytest.fixture
def finder():
    return Finder()


@pytest.fixture
def tracker(face_model, finder):
    return FaceTracker(FaceLandmarker(face_model, finder=finder))


def show(tracker, finder, centers, frame, radius=30, **options):
    """One frame with discs; the finder sees them all."""
    finder.centers = centers
    return tracker(disc_image(SHAPE, centers, radius), frame / 30, **options)


def test_a_moving_face_is_found_once_and_followed(tracker, finder):
    for frame in range(14):
        center = (60 + 8 * frame, 80 + 3 * frame)
        faces = show(tracker, finder, [center], frame, pose=True)
        assert faces.ids == (0,) and len(faces) == len(faces.poses) == 1
        expected = face_shape(68) * 30 + center
        np.testing.assert_allclose(faces.points[0], expected, atol=2.0)
        np.testing.assert_allclose(faces.boxes[0], disc_box(center, 30), atol=2.0)
    assert finder.calls == 1


def test_the_finder_looks_for_newcomers_now_and_then(tracker, finder):
    for frame in range(31):
        centers = [(80, 100)] + [(220, 120)] * (frame >= 4)
        faces = show(tracker, finder, centers, frame)
        assert faces.ids == ((0, 1) if frame >= 15 else (0,))
    assert finder.calls == 3  # frames 0, 15 and 30


def test_a_face_that_vanishes_is_lost_and_found_again(tracker, finder):
    # without a disc the points spread over the crop: that is what no face looks like
    seen = [show(tracker, finder, [(100, 100)], frame).ids for frame in range(3)]
    gone = [show(tracker, finder, [], frame).ids for frame in range(3, 9)]
    calls = finder.calls
    back = show(tracker, finder, [(220, 140)], 9)
    assert seen == [(0,)] * 3 and gone[-1] == () and calls >= 3
    assert back.ids == (1,)
    np.testing.assert_allclose(back.points[0], face_shape(68) * 30 + (220, 140), atol=2.0)


def test_a_jump_is_noticed_by_the_next_check_and_made_good_in_that_frame(tracker, finder):
    show(tracker, finder, [(60, 100)], 0)
    frames = [show(tracker, finder, [(250, 150)], frame) for frame in range(1, 7)]
    ids = [faces.ids for faces in frames]
    assert ids == [(0,)] * 4 + [(1,)] * 2  # frame 5 checks
    for faces in frames[4:]:
        np.testing.assert_allclose(faces.points[0], face_shape(68) * 30 + (250, 150), atol=2.0)


@pytest.mark.parametrize(('shift', 'ids'), [(0, (0,)), (15, (0,)), (40, ())])
def test_points_that_leap_out_of_their_box_are_no_face(shift, ids):
    class Leaping:
        info = SimpleNamespace(num_keypoints=2)

        def find_faces(self, image):
            return FoundFaces.of_boxes([[10, 10, 60, 60]])

        def __call__(self, image, faces, pose):
            points = np.reshape(faces.boxes, (-1, 2, 2)) + np.float32(shift)
            return FaceLandmarks(points, faces.boxes)

    tracker = FaceTracker(Leaping(), max_inconsistency=None)
    assert tracker(np.zeros((*SHAPE, 3), np.uint8), 0.0).ids == ids


def test_when_one_of_two_is_lost_the_finder_looks_in_that_frame(tracker, finder):
    show(tracker, finder, [(60, 60), (60, 180)], 0)
    for frame in range(1, 6):  # frame 5 checks, frame 15 would look for newcomers
        faces = show(tracker, finder, [(60, 60), (250, 120)], frame)
    assert faces.ids == (0, 2)


def test_a_face_that_leaves_the_image_is_lost(tracker, finder):
    ids = [show(tracker, finder, [(300 + 6 * f, 100)], f).ids for f in range(12)]
    finder.centers = []
    assert ids[0] == (0,) and show(tracker, finder, [], 12).ids == ()


def test_two_tracks_never_sit_on_one_face(tracker, finder):
    for frame in range(25):
        gap = max(0, 160 - 10 * frame)
        faces = show(tracker, finder, [(80, 120), (80 + gap, 120)], frame)
    assert faces.ids == (0,)


def test_a_false_alarm_of_the_finder_is_refused(tracker, finder):
    finder.centers = [(150, 120)]
    flat = np.full((*SHAPE, 3), 90, np.uint8)
    assert len(tracker(flat, 0.0)) == 0
    trusting = FaceTracker(tracker.landmarker, max_inconsistency=None)
    assert len(trusting(flat, 0.0)) == 1


def test_crop_inconsistency_tells_a_disc_from_nothing(landmarker):
    image = disc_image(SHAPE, [(100, 100)], 30)
    boxes = np.stack([disc_box((102, 99), 31), disc_box((230, 150), 30)]).astype(np.float32)
    values = crop_inconsistency(landmarker, image, landmarker(image, boxes))
    assert values[0] < 0.02 < MAX_CROP_INCONSISTENCY < 0.1 < values[1]
    assert crop_inconsistency(landmarker, image, landmarker(image, [])).shape == (0,)


def test_smoothing_calms_a_face_at_rest(face_model, finder):
    rng = np.random.default_rng(0)
    raw, smooth = (
        FaceTracker(FaceLandmarker(face_model, finder=finder), smooth=filter_)
        for filter_ in (None, OneEuro)
    )
    places = []
    for frame in range(40):
        image = disc_image(SHAPE, [np.array([150, 120]) + rng.normal(0, 1, 2)], 30)
        finder.centers = [(150, 120)]
        places.append([t(image, frame / 30).points[0].mean(0) for t in (raw, smooth)])
    jitter = np.abs(np.diff(np.array(places)[10:], axis=0)).mean((0, 2))
    assert jitter[1] < 0.4 * jitter[0]


def test_smoothing_wants_the_time_to_advance(face_model, finder):
    tracker = FaceTracker(FaceLandmarker(face_model, finder=finder), smooth=OneEuro)
    show(tracker, finder, [(100, 100)], 0)
    with pytest.raises(ValueError, match='must advance'):
        show(tracker, finder, [(100, 100)], 0)


def test_no_face_in_the_whole_video(tracker, finder):
    for frame in range(3):
        faces = show(tracker, finder, [], frame, pose=True)
        assert faces.points.shape == (0, 68, 2) and faces.ids == () and faces.poses == ()
        assert faces.boxes.shape == (0, 4)
    assert finder.calls == 3


def test_frames_may_change_their_size(tracker, finder):
    show(tracker, finder, [(250, 200)], 0)
    finder.centers = []
    assert tracker(np.zeros((60, 80, 3), np.uint8), 1.0).ids == ()
    with pytest.raises(ValueError, match='no pixels'):
        tracker(np.zeros((0, 80, 3), np.uint8), 2.0)


@pytest.mark.parametrize('options', [dict(find_every=0), dict(check_every=0)])
def test_impossible_settings(landmarker, options):
    with pytest.raises(ValueError, match='must be 1 or more'):
        FaceTracker(landmarker, **options)


@pytest.mark.parametrize('step', [15, 22, 30])
def test_a_fast_face_has_its_points_in_every_frame(tracker, finder, step):
    """By a quarter to a half of its width a frame, out of rest."""
    centers = [(50, 100)] * 3 + [(50 + step * k, 100) for k in range(1, 9)]
    for frame, center in enumerate(centers):
        faces = show(tracker, finder, [center], frame)
        assert faces.ids == (0,)
        np.testing.assert_allclose(faces.points[0], face_shape(68) * 30 + center, atol=2.0)


def test_a_face_that_is_hidden_for_a_moment_keeps_its_number(tracker, finder):
    for frame in range(4):
        show(tracker, finder, [(60 + 5 * frame, 100)], frame)
    for frame in range(4, 10):
        show(tracker, finder, [], frame)
    faces = show(tracker, finder, [(60 + 5 * 10, 100)], 10)
    assert faces.ids == (0,)
    for frame in range(11, 40):
        show(tracker, finder, [], frame)
    assert show(tracker, finder, [(110, 100)], 40).ids == (1,)  # forgotten


def test_two_faces_that_cross_keep_their_numbers(face_model):
    """The finder sees one of them while they cover each other."""
    tracker = FaceTracker(FaceLandmarker(face_model, finder=(finder := Finder(20))))
    for frame in range(41):
        left, right = (40 + 6 * frame, 120), (280 - 6 * frame, 150)
        hidden = abs(left[0] - right[0]) < 44
        centers = [left] if hidden else [left, right]
        faces = show(tracker, finder, centers, frame, radius=20)
    assert faces.ids == (0, 1)
    np.testing.assert_allclose(faces.points[0].mean(0), face_shape(68).mean(0) * 20 + left, atol=2)
    np.testing.assert_allclose(faces.points[1].mean(0), face_shape(68).mean(0) * 20 + right, atol=2)


def test_unsure_points_are_no_face():
    class Unsure:
        info = SimpleNamespace(num_keypoints=2)
        sigma = 1.0

        def find_faces(self, image):
            return FoundFaces.of_boxes([[10, 10, 60, 60]])

        def __call__(self, image, faces, pose):
            points = np.reshape(faces.boxes, (-1, 2, 2))
            sigmas = np.full_like(points, self.sigma)
            return FaceLandmarks(points, faces.boxes, sigmas=sigmas, scores=sigmas[..., 0])

    landmarker = Unsure()
    tracker = FaceTracker(landmarker)
    image = np.zeros((*SHAPE, 3), np.uint8)
    assert tracker(image, 0.0).ids == (0,)
    landmarker.sigma = 10.0
    assert tracker(image, 0.1).ids == ()
    assert FaceTracker(landmarker, max_sigma=None)(image, 0.0).ids == (0,)
