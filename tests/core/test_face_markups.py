import numpy as np
import pytest

from pfld_mm.core.face_markups import IBUG68, MARKUPS, WFLW98

EYE_CORNERS = {98: (60, 72), 68: (36, 45)}


def mmpose_swap_partners(name, count):
    """The swap fields of mmpose's own meta file, read as a plain Python file."""
    mmpose_config = pytest.importorskip('mmengine.config')
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec('mmpose')
    if spec is None:
        pytest.skip('mmpose is not installed')
    package = Path(spec.origin).parent
    path = package / '.mim' / 'configs' / '_base_' / 'datasets' / f'{name}.py'
    info = mmpose_config.Config.fromfile(str(path)).dataset_info['keypoint_info']
    ids = {point['name']: index for index, point in info.items()}
    return [ids[info[i]['swap']] if info[i]['swap'] else i for i in range(count)]


@pytest.mark.parametrize(('count', 'name'), [(98, 'wflw'), (68, '300w')])
def test_flip_indices_are_those_of_mmpose(count, name):
    assert MARKUPS[count].flip_indices.tolist() == mmpose_swap_partners(name, count)


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


def test_the_models_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match='read-only'):
        WFLW98.mean_face[0, 0] = 1
    with pytest.raises(ValueError, match='read-only'):
        IBUG68.flip_indices[0] = 1
