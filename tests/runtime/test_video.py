import cv2
import numpy as np
import pytest

from pfld_mm.runtime.output import Output
from pfld_mm.runtime.video import Video


@pytest.fixture
def clip(tmp_path):
    """Ten frames at 20 Hz, each with its own gray."""
    path = tmp_path / 'clip.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 20, (64, 48))
    for index in range(10):
        writer.write(np.full((48, 64, 3), 20 * index, np.uint8))
    writer.release()
    return path


def test_all_frames_with_their_times(clip):
    video = Video(clip)
    frames = list(video)
    np.testing.assert_allclose([time for time, _ in frames], np.arange(10) / 20)
    assert [round(frame.mean() / 20) for _, frame in frames] == list(range(10))
    assert video.frames == video.announced == 10 and video.fps == 20


def test_a_video_that_breaks_off_gives_the_frames_before(clip, tmp_path):
    data = clip.read_bytes()
    short = tmp_path / 'short.avi'
    short.write_bytes(data[: len(data) // 2])
    try:
        video = Video(short)
        frames = list(video)
    except ValueError as error:
        assert 'short.avi' in str(error)
    else:
        assert 0 < len(frames) < 10


def test_what_is_no_video(tmp_path):
    with pytest.raises(FileNotFoundError, match='no such file'):
        Video(tmp_path / 'none.mp4')
    for name, data in (('text.mp4', b'this is no video'), ('empty.mp4', b'')):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f'{name}: not a video'):
            Video(tmp_path / name)


class Camera:
    """cv2.VideoCapture of a camera that gives some frames and ends."""

    frames = 3
    opened = True

    def __init__(self, source):
        assert source == 0
        self.left = self.frames

    def isOpened(self):
        return self.opened

    def get(self, key):
        return 0.0 if key == cv2.CAP_PROP_FPS else -1.0

    def read(self):
        self.left -= 1
        return (True, np.zeros((4, 4, 3), np.uint8)) if self.left >= 0 else (False, None)

    def release(self):
        self.left = 0


def test_a_camera_that_ends(monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', Camera)
    video = Video(0)
    assert len(list(video)) == video.frames == 3 and video.fps == 30 and video.announced == 0
    video.close()


def test_a_camera_that_gives_nothing(monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', type('Mute', (Camera,), {'frames': 0}))
    with pytest.raises(ValueError, match='camera 0: gives not a single frame'):
        list(Video(0))


@pytest.mark.parametrize('number', [-1, 10_000, 10**20])
def test_numbers_that_no_camera_has(number):
    with pytest.raises(ValueError, match='cameras have numbers from 0 to'):
        Video(number)


def test_a_camera_that_cannot_be_opened(monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', type('Absent', (Camera,), {'opened': False}))
    with pytest.raises(OSError, match='camera 0 cannot be opened'):
        Video(0)


@pytest.mark.parametrize('name', ['out.avi', 'out.mp4', 'deep/er/out.mp4'])
def test_written_videos_can_be_read(tmp_path, name):
    output = Output(tmp_path / name, False, fps=20)
    for size in (48, 48, 24):  # a frame of another size is fitted, not lost
        assert output.put(np.full((size, size * 2, 3), 99, np.uint8))
    output.close()
    assert [frame.shape for _, frame in Video(tmp_path / name)] == [(48, 96, 3)] * 3


def test_written_images_can_be_read(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)
    Output(tmp_path / 'a.png', False).put(image)
    Output(tmp_path / 'folder', False).put(image, 'b.png')
    for name in ('a.png', 'folder/b.png'):
        np.testing.assert_array_equal(cv2.imread(str(tmp_path / name)), image)


@pytest.mark.parametrize(('name', 'fps'), [('a.xyz', None), ('noending', None), ('a.xyz', 20)])
def test_what_cannot_be_written_is_named(tmp_path, name, fps):
    with pytest.raises(OSError, match=rf'{name}.*cannot'):
        Output(tmp_path / name, False, fps).put(np.zeros((48, 64, 3), np.uint8))


def test_no_screen(monkeypatch):
    def imshow(*_):
        raise cv2.error('no display')

    monkeypatch.setattr(cv2, 'imshow', imshow)
    output = Output(None, True)
    with pytest.raises(OSError, match='needs a screen'):
        output.put(np.zeros((4, 4, 3), np.uint8))
    output.close()


def test_times_are_those_of_the_file(clip, monkeypatch):
    """A phone's video: ten frames with a pause of two seconds in the middle."""
    times = [0.0, 0.05, 0.1, 0.15, 0.2, 2.2, 2.25, 2.3, 2.35, 2.4]
    video = Video(clip)
    monkeypatch.setattr(video, '_file_time', lambda: times[video.frames - 1])
    assert [time for time, _ in video] == times


def test_a_file_without_times_has_those_of_its_rate(clip, monkeypatch):
    video = Video(clip)
    monkeypatch.setattr(video, '_file_time', lambda: 0.0)
    np.testing.assert_allclose([time for time, _ in video], np.arange(10) / 20)


@pytest.mark.parametrize(
    ('announced', 'last', 'expected'),
    [(10, 0.45, False), (14, 0.45, True), (14, 0.65, False), (0, 0.45, False), (11, 0.45, False)],
)
def test_a_file_that_breaks_off_is_told_by_number_and_duration(
    clip, monkeypatch, announced, last, expected
):
    monkeypatch.setattr(Video, 'announced', announced)
    video = Video(clip)
    assert len(list(video)) == 10
    video.time = last
    assert video.broke_off is expected


def test_large_frames_are_refused(clip):
    with pytest.raises(ValueError, match=r'clip\.avi: the image has 64 x 48 pixels, more than'):
        Video(clip, max_pixels=3000)
