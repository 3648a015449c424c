import cv2
import numpy as np
import pytest
from benchmarks.slider.image_set import (
    DIFFICULTIES,
    PLAIN,
    real_set,
    synthetic_sets,
)

from pfld_mm.synth.puzzles.options import PuzzleOptions


@pytest.fixture
def folder(tmp_path):
    def inner(text):
        (tmp_path / 'labels.csv').write_text(text)
        cv2.imwrite(str(tmp_path / 'a.png'), np.full((30, 60, 3), 9, np.uint8))
        return tmp_path

    return inner


def test_the_piece_stands_where_it_is_labelled_or_at_the_left_in_the_row(folder):
    path = folder('image,gap_x,gap_y,piece_x,piece_y,gap_w,gap_h\na.png,40,15,8,14,10,12\n')
    assert real_set(path, piece_left=1).get(0).piece == (3, 8, 13, 20)
    path = folder('image,gap_center_x,gap_center_y,gap_box_w,gap_box_h\na.png,40,15,10,12\n')
    case = real_set(path, piece_left=1.5).get(0)
    assert (case.gap, case.piece) == ((40, 15), (1.5, 9, 11.5, 21))
    assert case.image.shape == (30, 60, 3)
    assert real_set(path).get(0).piece is None
    path = folder('image,gap_x,gap_y,piece_x,piece_y\na.png,40,15,8,14\n')
    assert real_set(path, piece_left=1).get(0).piece is None, 'no size, no box'


def test_images_without_a_gap_are_left_out_and_decoys_kept(folder):
    path = folder('image,gap_x,gap_y,decoys\nb.png,,,\na.png,40,15,1 2;3 4\n')
    images = real_set(path)
    assert images.count == 1 and images.get(0).decoys == ((1, 2), (3, 4))


def test_what_is_wrong_with_a_folder_is_named(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match='no such label file'):
        real_set(tmp_path / 'nowhere')
    with pytest.raises(ValueError, match=r'labels\.csv: no line has a gap'):
        real_set(folder('image\na.png\n'))
    with pytest.raises(ValueError, match=r'labels\.csv, line 3: .*c\.png'):
        real_set(folder('image,gap_x,gap_y\na.png,4,5\nc.png,4,5\n')).get(1)


def test_each_set_changes_what_its_name_says():
    sets = {images.name: images for images in synthetic_sets(None, 6, 3)}
    assert list(sets) == list(DIFFICULTIES)
    cases = {name: [s.get(i) for i in range(s.count)] for name, s in sets.items()}
    for name, drawn in cases.items():
        assert all(case.piece is not None for case in drawn), 'others are not comparable'
        assert any(case.decoys for case in drawn) == ('decoys' in name or name == 'all together')
        for case in drawn:
            height, width = case.image.shape[:2]
            assert 0 < case.gap[0] < width and 0 < case.gap[1] < height
    options = {name: PuzzleOptions(**{**PLAIN, **c}) for name, c in DIFFICULTIES.items()}
    assert options['plain'].turned == options['decoys'].turned == 0
    assert options['decoys, turned'].decoys == 2 and options['decoys, turned'].turned == 1
    assert options['turned 5 to 20°'].turn_deg == (5, 20) and options['all together'].degrade
    again = synthetic_sets(None, 6, 3)[0].get(4)
    np.testing.assert_array_equal(again.image, cases['plain'][4].image)
    assert (synthetic_sets(None, 6, 4)[0].get(4).gap) != again.gap
