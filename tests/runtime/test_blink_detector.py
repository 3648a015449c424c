import numpy as np
import pytest

from pfld_mm.core.openness import OPENINGS_68, OPENINGS_98, eye_openness
from pfld_mm.runtime.blink_detector import BlinkDetector
from pfld_mm.runtime.tracked_faces import TrackedFaces


def face(height, groups=OPENINGS_98, width=20.0):
    """Points whose eyes are ellipses ``width`` wide and ``height`` times as high."""
    points = np.zeros((98 if groups is OPENINGS_98 else 68, 2))
    for eye in (groups.right_eye, groups.left_eye):
        angles = np.pi + np.linspace(0, 2 * np.pi, len(eye), endpoint=False)
        points[list(eye)] = width / 2 * np.stack([np.cos(angles), height * np.sin(angles)], 1)
    return points


def frame(*faces, ids=None):
    points = np.float32(faces)
    boxes = np.zeros((len(faces), 4), np.float32)
    return TrackedFaces(points, boxes, ids=tuple(ids or range(len(faces))))


def run(detector, heights, fps=30.0, groups=OPENINGS_98):
    return [detector(frame(face(h, groups)), i / fps)[0] for i, h in enumerate(heights)]


OPEN, SHUT = 0.4, 0.02


def test_two_blinks_with_start_and_duration():
    heights = [OPEN] * 30 + [SHUT] * 6 + [OPEN] * 30 + [SHUT] * 3 + [OPEN] * 10
    states = run(BlinkDetector(), heights)
    blinks = [state.blink for state in states if state.blink]
    assert states[-1].blinks == 2
    assert [round(blink.start * 30) for blink in blinks] == [30, 66]
    np.testing.assert_allclose([blink.duration for blink in blinks], [0.2, 0.1])
    assert [state.closed for state in states] == [height == SHUT for height in heights]


@pytest.mark.parametrize('level', [0.15, 0.3, 0.6])
def test_the_level_of_open_eyes_is_the_persons_own(level):
    """Narrow eyes are not shut eyes, and wide ones that narrow to half are not open."""
    states = run(BlinkDetector(), [level] * 40 + [0.1 * level] * 5 + [level] * 5)
    assert states[-1].blinks == 1 and not any(state.closed for state in states[:40])
    assert states[-1].ratio == pytest.approx(1, abs=0.02)


def test_between_both_thresholds_nothing_changes():
    states = run(BlinkDetector(), [OPEN] * 30 + [0.55 * OPEN] * 5 + [SHUT] * 5 + [0.55 * OPEN] * 5)
    assert not any(state.closed for state in states[:35])
    assert all(state.closed for state in states[35:]) and states[-1].blinks == 0


def test_durations_follow_the_times_not_the_frames():
    detector = BlinkDetector()
    times = [*np.arange(30) / 30, 1.0, 3.5]
    heights = [OPEN] * 30 + [SHUT, OPEN]
    for time, height in zip(times, heights, strict=True):
        (state,) = detector(frame(face(height)), time)
    assert state.blink.duration == pytest.approx(2.5)


def test_faces_are_told_apart_by_their_numbers():
    detector = BlinkDetector()
    for index in range(40):
        blinking = SHUT if 30 <= index < 35 else OPEN
        faces = [face(blinking), face(OPEN)]
        order = [0, 1] if index % 2 else [1, 0]
        states = detector(
            frame(*(faces[k] for k in order), ids=[(7, 9)[k] for k in order]), index / 30
        )
    assert {state.id: state.blinks for state in states} == {7: 1, 9: 0}


def test_68_points_and_no_face():
    states = run(
        BlinkDetector(OPENINGS_68), [OPEN] * 20 + [SHUT] * 4 + [OPEN] * 4, groups=OPENINGS_68
    )
    assert states[-1].blinks == 1
    assert states[0].openness == pytest.approx(
        eye_openness(face(OPEN, OPENINGS_68), OPENINGS_68).mean(), rel=1e-5
    )
    assert BlinkDetector()(TrackedFaces(np.zeros((0, 98, 2)), np.zeros((0, 4))), 0.0) == ()


@pytest.mark.parametrize(
    'bad', [dict(close_ratio=0.7), dict(open_ratio=1.0), dict(window=0), dict(quantile=1)]
)
def test_bad_settings_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad)).split('_')[0]):
        BlinkDetector(**bad)


def test_faces_that_are_gone_are_forgotten():
    detector = BlinkDetector(window=2.0)
    for index in range(50):
        detector(frame(face(OPEN), ids=[index]), float(index))
    assert sorted(detector._eyes) == [47, 48, 49]
