import pytest

from pfld_mm.datasets.readers.flip_names import flip_pairs_of, one_sided


@pytest.mark.parametrize(
    'names',
    [
        ('left_eye', 'right_eye', 'nose'),
        ('eye_l', 'eye_r', 'nose'),
        ('l-eye', 'r-eye', 'bright'),
        ('LEye', 'REye', 'upright'),
        ('eyeLeft', 'eyeRight', 'Nose'),
        ('lefteye', 'righteye', 'nose'),
        ('L1', 'R1', 'C1'),
        ('eye left 2', 'eye right 2', 'eye'),
    ],
)
def test_sides_are_found(names):
    assert flip_pairs_of(names) == ((0, 1),)
    assert one_sided(names) == []


def test_no_side_is_no_knowledge():
    assert flip_pairs_of(('0', '1', 'tip', 'bright')) is None


def test_a_side_without_partner_is_named():
    names = ('left_eye', 'right_eye', 'left_ear')
    assert flip_pairs_of(names) == ((0, 1),)
    assert one_sided(names) == ['left_ear']
