import re
from pathlib import Path

import model_index
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


def test_mim_has_room_for_the_values(index):
    """In 80 columns, the first as wide as the longest name of a metric."""
    for model in index['Models']:
        for result in model.get('Results', []):
            for metric, figure in result['Metrics'].items():
                assert len(f'{result["Dataset"]}/{metric}') + 2 + len(str(figure)) <= 80


CARDS = sorted((ROOT / 'pfld_mm/runtime/models').glob('*/README.md'))


def test_it_says_what_the_cards_say():
    text = (ROOT / 'model-index.yml').read_text()
    assert model_index.build_index(text) == text, 'run: python tools/model_index.py'


def test_weights_that_are_served_have_addresses_with_names_of_their_own():
    text = (ROOT / 'model-index.yml').read_text()
    served = model_index.build_index(text, 'https://example.org/v1/')
    weights = [m['Weights'] for m in yaml.safe_load(served)['Models'] if 'Weights' in m]
    assert len(weights) == len(set(weights)) == len(CARDS)
    assert 'https://example.org/v1/pfld_ghostone_98.pth' in weights
    assert model_index.build_index(served) == text


@pytest.mark.parametrize('card', CARDS, ids=lambda card: card.parent.name)
def test_the_figures_of_a_card_are_in_its_text_and_its_weights_are_there(card, index):
    front, text = model_index.read_card(card)
    for result in front['results']:
        for figure in result['metrics'].values():
            shown = {f'{figure:.2f}', f'{figure:.1f}', f'{figure:g}', f'{figure:.3f}'}
            assert any(re.search(rf'(?<![\d.]){re.escape(s)}(?![\d.]\d)', text) for s in shown)
    (model,) = [m for m in index['Models'] if m['Config'] == front['config']]
    assert (ROOT / model['Weights']).is_file() and (ROOT / model['README']) == card
    assert len(model['Results']) == len(front['results'])


def test_a_card_without_results_is_refused(tmp_path):
    card = tmp_path / 'README.md'
    for text in (
        '# Model',
        '---\nconfig: a.py\n---\n',
        '---\nconfig: a.py\nresults: [{x: 1}]\n---\n',
    ):
        card.write_text(text)
        with pytest.raises(model_index.CardError, match=r'README\.md: '):
            model_index.read_card(card)
