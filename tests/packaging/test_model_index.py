from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def index() -> dict:
    return yaml.safe_load((ROOT / 'model-index.yml').read_text())


def test_mim_can_read_it():
    modelindex = pytest.importorskip('modelindex')
    read = modelindex.load(str(ROOT / 'model-index.yml'))
    read.build_models_with_collections()
    assert {model.in_collection for model in read.models} == {
        'PFLD',
        'LiteHRNet18',
        'FaceFinder',
    }


def test_names_are_the_configs_names_and_unique(index):
    names = [model['Name'] for model in index['Models']]
    assert len(set(names)) == len(names)
    for model in index['Models']:
        assert Path(model['Config']).stem == model['Name']


def test_collections_exist(index):
    collections = {collection['Name'] for collection in index['Collections']}
    assert {model['In Collection'] for model in index['Models']} <= collections


def test_every_config_is_listed_and_there(index):
    leaves = {f'configs/{path.name}' for path in (ROOT / 'configs').glob('*.py')}
    assert leaves
    assert {model['Config'] for model in index['Models']} == leaves


def test_config_names_are_unique():
    """mim finds a config by its base name."""
    names = [path.name for path in (ROOT / 'configs').rglob('*.py') if path.name != '__init__.py']
    assert len(set(names)) == len(names)
