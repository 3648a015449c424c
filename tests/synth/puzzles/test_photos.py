import cv2
import numpy as np
import pytest

from pfld_mm.synth.puzzles.generator import PuzzleGenerator
from pfld_mm.synth.puzzles.photos import PhotoFolder, random_view


def test_bad_backgrounds_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere is not a folder'):
        PuzzleGenerator(tmp_path / 'nowhere')
    with pytest.raises(FileNotFoundError, match=r'no image .* in '):
        PuzzleGenerator(tmp_path)


def test_an_unreadable_photo_is_reported_and_passed_over(tmp_path):
    (tmp_path / 'a.jpg').write_bytes(b'not an image')
    folder = PhotoFolder(tmp_path)
    with pytest.warns(UserWarning, match=r'a\.jpg'), pytest.raises(ValueError, match='none of'):
        folder.draw(np.random.default_rng(0))
    cv2.imwrite(str(tmp_path / 'b.png'), np.zeros((50, 60, 3), np.uint8))
    folder = PhotoFolder(tmp_path)
    with pytest.warns(UserWarning, match=r'a\.jpg'):
        drawn = [folder.draw(np.random.default_rng(i)) for i in range(8)]
    assert all(photo.shape == (50, 60, 3) for photo in drawn)


def test_a_view_of_any_photo_has_the_size_asked_for():
    rng = np.random.default_rng(0)
    for shape in ((33, 500, 3), (500, 33, 3), (2000, 1500, 3)):
        assert random_view(rng, np.zeros(shape, np.uint8), 340, 212).shape == (212, 340, 3)
