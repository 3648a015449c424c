import numpy as np
import pytest

from pfld_mm.core.face_markups import IBUG68, MARKUPS, WFLW98
from pfld_mm.core.mean_face import HALF_68, HALF_98, mean_face

EYE_CORNERS = {98: (60, 72), 68: (36, 45)}


def test_the_other_half_is_the_mirror_image():
    half = {0: (-1.0, 2.0, 3.0), 2: (0.0, 5.0, 6.0)}
    points = mean_face(half, [1, 0, 2, 4, 3])
    expected = [(-1, 2, 3), (1, 2, 3), (0, 5, 6), (np.nan,) * 3, (np.nan,) * 3]
    np.testing.assert_array_equal(points, expected)
    assert points.dtype == np.float64 and not points.flags.writeable


@pytest.mark.parametrize(('count', 'half'), [(68, HALF_68), (98, HALF_98)])
def test_half_a_face_is_on_its_side_and_names_each_point_once(count, half):
    flip = MARKUPS[count].flip_indices
    assert all(x <= 0 for x, _, _ in half.values())
    for index, (x, _, _) in half.items():
        assert (x == 0) == (flip[index] == index)  # the midline is its own mirror image
        assert flip[index] == index or flip[index] not in half
    assert set(half) | {flip[index] for index in half} == set(range(count))


@pytest.mark.parametrize('count', [68, 98])
def test_model_is_symmetric_and_one_unit_wide(count):
    model, flip = MARKUPS[count].mean_face, MARKUPS[count].flip_indices
    assert model.shape == (count, 3) and model.dtype == np.float64
    assert np.isfinite(model).all()
    np.testing.assert_array_equal(model[flip] * (-1, 1, 1), model)
    left, right = EYE_CORNERS[count]
    np.testing.assert_allclose(model[right] - model[left], (1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(model[right] + model[left], (0, 0, 0), atol=1e-12)


def test_named_places_of_the_98_points():
    model = WFLW98.mean_face
    assert model[:, 2].argmin() == 54  # tip of the nose is nearest to the camera
    assert model[:, 1].argmax() == 16  # chin
    assert model[0, 0] < 0 < model[32, 0]
    assert (np.diff(model[51:55, 1]) > 0).all()  # down the bridge
    for upper, lower in ((34, 41), (35, 40), (36, 39), (43, 50), (62, 66), (70, 74), (79, 85)):
        assert model[upper, 1] < model[lower, 1]
    for pupil, eye in ((96, slice(60, 68)), (97, slice(68, 76))):
        assert (model[eye, :2].min(0) < model[pupil, :2]).all()
        assert (model[pupil, :2] < model[eye, :2].max(0)).all()


def test_both_models_are_of_the_same_face():
    wflw, ibug = WFLW98.mean_face, IBUG68.mean_face
    np.testing.assert_array_equal(wflw[0:33:2], ibug[:17])
    np.testing.assert_array_equal(wflw[51:60], ibug[27:36])
    shared_98, shared_68 = [60, 64, 68, 72, 79, 85], [36, 39, 42, 45, 51, 57]
    np.testing.assert_allclose(wflw[shared_98], ibug[shared_68], atol=0.02)
