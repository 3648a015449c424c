"""What is written can be read: see test_video. Here are names, windows and screens."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from pfld_mm.runtime import output as module
from pfld_mm.runtime.output import Output, check_screen

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)


@pytest.mark.parametrize(
    ('name', 'expected'), [('a.png', 'a.png'), ('a.xyz', 'a.xyz.png'), ('photo', 'photo.png')]
)
def test_in_a_folder_every_image_has_a_name_that_can_be_written(tmp_path, name, expected):
    file, goes_on = Output(tmp_path / 'new', False).put(IMAGE, name)
    assert goes_on and [file] == list((tmp_path / 'new').iterdir())
    assert file.name == expected
    np.testing.assert_array_equal(cv2.imread(str(file)), IMAGE)


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output = Output(None, False, fps=25)
    assert output.put(IMAGE) == output.put(IMAGE, 'a.png') == (None, True)
    output.close()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def window(monkeypatch):
    """A window that shows nothing and takes a key: what was shown, and for how long it waited."""
    window = SimpleNamespace(shown=[], waited=[], key=-1, closed=False)

    def wait(milliseconds):
        window.waited.append(milliseconds)
        return window.key

    monkeypatch.setattr(cv2, 'imshow', lambda _, image: window.shown.append(image))
    monkeypatch.setattr(cv2, 'waitKey', wait)
    monkeypatch.setattr(cv2, 'destroyAllWindows', lambda: setattr(window, 'closed', True))
    return window


@pytest.mark.parametrize(('fps', 'wait'), [(None, 0), (25, 1)])
def test_an_image_waits_for_a_key_and_a_frame_does_not(window, fps, wait):
    output = Output(None, True, fps)
    assert output.put(IMAGE) == (None, True)
    assert window.waited == [wait] and window.shown[0] is IMAGE
    output.close()
    assert window.closed


@pytest.mark.parametrize(
    ('key', 'goes_on'), [(ord('q'), False), (27, False), (0x100 + 27, False), (ord('a'), True)]
)
def test_q_and_escape_close_the_window(window, key, goes_on):
    window.key = key
    assert Output(None, True).put(IMAGE) == (None, goes_on)


def test_a_screen_is_tried_in_another_process(monkeypatch):
    """Qt ends a process that has no screen."""
    tried = []

    def run(command, **_):
        tried.append(command)
        return SimpleNamespace(returncode=returncode)

    monkeypatch.setattr(module, 'subprocess', SimpleNamespace(run=run))
    returncode = 0
    check_screen()
    returncode = -6
    with pytest.raises(OSError, match='--show needs a screen'):
        check_screen()
    assert len(tried) == 2 and 'namedWindow' in tried[0][-1]
