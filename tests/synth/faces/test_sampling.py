import dataclasses

import numpy as np
import pytest

from pfld_mm.synth.faces.parameters import (
    ATTRIBUTE_NAMES,
    BACKGROUNDS,
    BLURS,
    HAIR_STYLES,
    OCCLUSIONS,
    Expression,
    FaceParameters,
    Lighting,
    Looks,
)
from pfld_mm.synth.faces.sampling import NEARLY_CLOSED, sample_face


def test_parameters_depend_on_seed_split_and_index_only():
    assert sample_face(3, 'train', 11) == sample_face(3, 'train', 11)
    others = [sample_face(*key) for key in ((4, 'train', 11), (3, 'test', 11), (3, 'train', 12))]
    assert all(other != sample_face(3, 'train', 11) for other in others)


def test_every_attribute_kind_and_background_occurs_about_as_often_as_meant():
    drawn = [sample_face(0, 'train', index) for index in range(1000)]
    ratio = np.mean([params.attributes for params in drawn], axis=0)
    assert ((ratio > 0.08) & (ratio < 0.3)).all(), dict(zip(ATTRIBUTE_NAMES, ratio, strict=True))
    assert {params.occlusion for params in drawn} == set(OCCLUSIONS)
    assert {params.blur for params in drawn} == set(BLURS)
    assert {params.background for params in drawn} == set(BACKGROUNDS)
    assert {params.looks.hair_style for params in drawn} == set(HAIR_STYLES)


@pytest.mark.parametrize(
    ('change', 'column'),
    [
        ({'yaw': 0.7}, 0),
        ({'pitch': -0.42}, 0),
        ({'expression': Expression(mouth_open=0.8)}, 1),
        ({'expression': Expression(right_eye_closure=0.8)}, 1),
        ({'lighting': Lighting(ambient=0.2)}, 2),
        ({'lighting': Lighting(gain=0.5)}, 2),
        ({'looks': Looks(lipstick=0.9)}, 3),
        ({'occlusion': 'hand'}, 4),
        ({'blur': 'gauss', 'blur_size': 0.01}, 5),
    ],
)
def test_attributes_reflect_parameters(change, column):
    assert FaceParameters().attributes == (0,) * 6
    expected = [0] * 6
    expected[column] = 1
    assert FaceParameters(**change).attributes == tuple(expected)


@pytest.mark.parametrize('change', [{'occlusion': 'cat'}, {'blur': 'x'}, {'background': ''}])
def test_unknown_kinds_are_named(change):
    with pytest.raises(ValueError, match=f'{next(iter(change))}='):
        FaceParameters(**change)


def test_unknown_split_is_named():
    with pytest.raises(ValueError, match="'val'"):
        sample_face(0, 'val', 0)


@pytest.mark.parametrize('ratio', [0.0, 0.25, 1.0])
def test_closed_ratio_is_the_part_of_faces_with_a_closed_eye(ratio):
    faces = [sample_face(0, 'train', index, closed_ratio=ratio) for index in range(800)]
    closures = np.array([face.expression.eye_closures for face in faces])
    assert ((closures >= 0) & (closures <= 1)).all()
    assert (closures.max(axis=1) >= NEARLY_CLOSED).mean() == pytest.approx(ratio, abs=0.05)
    assert (closures[:, 0] != closures[:, 1]).mean() > 0.1


def test_closed_ratio_changes_the_lids_alone():
    plain, other = sample_face(0, 'train', 3), sample_face(0, 'train', 3, closed_ratio=1)
    lids = {'right_eye_closure': 0.0, 'left_eye_closure': 0.0}
    same = [
        dataclasses.replace(face, expression=dataclasses.replace(face.expression, **lids))
        for face in (plain, other)
    ]
    assert same[0] == same[1] and plain != other


def test_closed_ratio_out_of_range():
    with pytest.raises(ValueError, match='closed_ratio'):
        sample_face(0, 'train', 0, closed_ratio=1.5)
