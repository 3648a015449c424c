import pytest

from pfld_mm.core.face_markups import IBUG68, MARKUPS, WFLW98


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


def test_the_models_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match='read-only'):
        WFLW98.mean_face[0, 0] = 1
    with pytest.raises(ValueError, match='read-only'):
        IBUG68.flip_indices[0] = 1
