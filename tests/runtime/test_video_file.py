import numpy as np
import pytest

from pfld_mm.runtime.video import Video
from pfld_mm.runtime.video_file import MAX_RATE, VideoFile


def written(path, rate, times):
    """Numbers of the frames that a video shows; frame i is of one gray."""
    video = VideoFile(path, rate)
    for index, time in enumerate(times):
        video.put(np.full((48, 64, 3), 20 * index, np.uint8), time)
    video.close()
    return [round(frame.mean() / 20) for _, frame in Video(path)]


@pytest.mark.parametrize(
    ('times', 'expected'),
    [
        ([None] * 3, [0, 1, 2]),
        ([0.0, 0.1, 0.2, 0.3], [0, 1, 2, 3]),
        ([7.0, 7.1, 7.2], [0, 1, 2]),  # a recording that does not begin at 0
        ([0.0, 0.1, 0.5, 0.6], [0, 1, 1, 1, 1, 2, 3]),  # a pause
        ([0.0, 0.03, 0.06, 0.1, 0.2], [0, 2, 4]),  # faster than the file's rate
    ],
)
def test_frames_are_shown_at_their_times(tmp_path, times, expected):
    assert written(tmp_path / 'a.avi', 10, times) == expected


def test_a_clock_of_milliseconds_is_no_frame_rate(tmp_path):
    assert VideoFile(tmp_path / 'a.avi', 1000).rate == MAX_RATE


def test_a_time_from_nowhere_does_not_fill_the_disk(tmp_path):
    assert len(written(tmp_path / 'a.avi', 1, [0.0, 1e9, 1e9 + 1])) == 63
