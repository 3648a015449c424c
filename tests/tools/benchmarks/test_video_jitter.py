"""Flicker and lag of series whose flicker and lag are known."""

import numpy as np
import pytest
from benchmarks import video_clips as clips
from benchmarks import video_jitter as tool

from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.runtime.face_landmarks import FaceLandmarks

TIMES = np.arange(clips.FRAMES) / clips.FPS
SHAPE = np.array([[0.0, 0], [100, 0], [100, 100], [0, 100]])


def wave(times):
    """A face of size 100 that moves to and fro once a second."""
    return SHAPE + np.stack([40 * np.sin(2 * np.pi * times), 0 * times], -1)[:, None]


def test_exact_points_of_a_moving_face():
    row = tool.clip_figures(tool.Track(wave(TIMES), wave(TIMES)))
    assert row['flicker'] == row['error'] == row['lost'] == 0
    assert row['lag ms'] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize('delay', [0.02, 0.05])
def test_a_delay_is_lag_and_hardly_flicker(delay):
    row = tool.clip_figures(tool.Track(wave(TIMES - delay) + (3, 0), wave(TIMES)))
    assert row['lag ms'] == pytest.approx(1e3 * delay, rel=0.03)
    assert row['flicker'] < 4


def test_noise_is_flicker_and_no_lag():
    noise = np.random.default_rng(0).normal(0, 1, (clips.FRAMES, 4, 2))
    row = tool.clip_figures(tool.Track(wave(TIMES) + noise, wave(TIMES)))
    # the mean length of a two-dimensional normal vector of variance 1.5, in 1/1000 of the size
    assert row['flicker'] == pytest.approx(10 * np.sqrt(1.5 * np.pi / 2), rel=0.1)
    assert abs(row['lag ms']) < 3


def test_lost_frames_are_counted_and_left_out():
    found = wave(TIMES)
    found[10:16] = np.nan
    row = tool.clip_figures(tool.Track(found, wave(TIMES)))
    assert row['lost'] == pytest.approx(0.1) and row['flicker'] == 0
    nothing = tool.clip_figures(tool.Track(np.full_like(found, np.nan), wave(TIMES)))
    assert nothing['lost'] == 1 and np.isnan(nothing['flicker'])


def test_shifts_alone_tell_flicker_and_lag():
    shifts = wave(TIMES)[:, :1] - SHAPE[:1]
    row = tool.clip_figures(tool.Track(wave(TIMES - 0.02), shifts))
    assert row['lag ms'] == pytest.approx(20, rel=0.03) and np.isnan(row['error'])


def test_a_clip_goes_through_all_ways(monkeypatch):
    """With a model that finds the true points, the filter lags and nothing else does."""
    frames = list(clips.drawn_clip('moving', 0, 1, size=96))

    class Exact:
        def find_faces(self, image):
            return FoundFaces.of_boxes(tool.landmark_boxes(self.points(image))[None])

        def points(self, image):
            return next(points for frame, points in frames if np.array_equal(frame, image))

        def __call__(self, image, boxes=None, pose=False):
            points = self.points(image)[None].astype(np.float32)
            return FaceLandmarks(points, tool.landmark_boxes(points))

    class Tracker:
        def __init__(self, model, smooth=None):
            self.model, self.filter = model, smooth and smooth()

        def __call__(self, image, time):
            faces = self.model(image)
            points = faces.points
            if self.filter:
                points = self.filter(points[0], time, float(tool._size(points[0])))[None]
            return FaceLandmarks(points, faces.boxes)

    monkeypatch.setattr(tool, 'FaceTracker', Tracker)
    rows = tool.measure([iter(frames)], Exact())
    assert rows[tool.ALONE]['error'] == pytest.approx(0, abs=1e-3)
    assert rows[tool.TRACKED]['lag ms'] == pytest.approx(0, abs=0.1)
    assert rows[tool.TRACKED_FILTERED]['lag ms'] > 5
    assert rows[tool.ALONE_FILTERED] == pytest.approx(rows[tool.TRACKED_FILTERED], rel=1e-4)
    text = tool.table({'moving': rows})
    assert text.count('\n') == 5 and '| moving | tracked, One-Euro |' in text


def test_a_panned_image_moves_by_its_shift():
    image = np.zeros((100, 120, 3), np.uint8)
    image[40:60, 50:70] = 200
    for frame, shift in list(clips.panned_clip(image, 0))[::7]:
        y, x = np.nonzero(frame[..., 0] > 100)
        np.testing.assert_allclose((x.mean(), y.mean()), (59.5, 49.5) + shift[0], atol=0.5)
