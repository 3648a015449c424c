"""Write Weights, README and Results of the models that come with the package into model-index.yml.

    python tools/model_index.py            (--check: only say whether the file is up to date)
    python tools/model_index.py --weights-url https://HOST/FOLDER

A model card (README.md in a folder of pfld_mm/runtime/models) begins with YAML between two lines
``---``: ``config`` and ``results``, each with task, dataset and metrics. The entry of that config
in model-index.yml gets them; all else in that file is kept. ``mim search pfld_mm`` shows it.
``mim download`` wants addresses: the second command writes those, before a wheel is built, where
the checkpoints are served as NAME.pth in one folder, such as the files of a release.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
INDEX = ROOT / 'model-index.yml'
MODELS = ROOT / 'pfld_mm' / 'runtime' / 'models'
HEADER = (
    '# What `mim search pfld_mm` shows. tools/model_index.py writes Weights, README and Results.\n'
)
GENERATED = ('Weights', 'README', 'Results')
FIELDS = {'task', 'dataset', 'metrics'}


class CardError(ValueError):
    """A model card has no front matter, or one that says too little."""


def read_card(path: Path) -> tuple[dict[str, Any], str]:
    """The front matter of a card, and the text after it.

    Raises:
        CardError: If there is none, or config or results are missing.
    """
    start, _, rest = path.read_text(encoding='utf-8').partition('---\n')
    front, ended, text = rest.partition('\n---\n')
    if start or not ended:
        raise CardError(f'{path}: expected YAML between two lines --- at the beginning')
    found = yaml.safe_load(front)
    if not isinstance(found, dict) or not found.get('config') or not found.get('results'):
        raise CardError(f'{path}: expected the keys config and results between the lines ---')
    for result in found['results']:
        if set(result) != FIELDS:
            raise CardError(f'{path}: a result has the keys {sorted(FIELDS)}, found {list(result)}')
    return found, text


def generated(card: Path, weights_url: str = '') -> dict[str, Any]:
    """What a card adds to its config's entry; the weights are a path where there is no URL."""
    front, _ = read_card(card)
    folder = card.parent.relative_to(ROOT).as_posix()
    weights = f'{folder}/checkpoint.pth'
    if weights_url:
        weights = f'{weights_url.rstrip("/")}/{card.parent.name}.pth'
    results = [
        dict(Task=result['task'], Dataset=result['dataset'], Metrics=result['metrics'])
        for result in front['results']
    ]
    return dict(
        Weights=weights,
        README=f'{folder}/README.md',
        Results=results,
    )


def build_index(text: str, weights_url: str = '') -> str:
    """``text`` of model-index.yml, with what the cards say.

    Raises:
        CardError: If a card names a config that has no entry, or that another card names, too.
    """
    index = yaml.safe_load(text)
    entries = {model['Config']: model for model in index['Models']}
    for model in index['Models']:
        for key in GENERATED:
            model.pop(key, None)
    for card in sorted(MODELS.glob('*/README.md')):
        config = read_card(card)[0]['config']
        if config not in entries or 'Weights' in entries[config]:
            raise CardError(
                f'{card}: {config} is in model-index.yml once for each card, or missing'
            )
        entries[config].update(generated(card, weights_url))
    dumped = yaml.safe_dump(index, sort_keys=False, default_flow_style=None, width=100)
    return HEADER + dumped


def main() -> int:
    """Write the file, or check it. Returns the exit code."""
    parser = argparse.ArgumentParser(description='Write model-index.yml from the model cards')
    parser.add_argument('--check', action='store_true', help='write nothing; exit 1 if it is old')
    parser.add_argument('--weights-url', default='', help='folder that serves the checkpoints')
    args = parser.parse_args()
    old = INDEX.read_text(encoding='utf-8')
    try:
        new = build_index(old, args.weights_url)
    except CardError as error:
        print(f'model_index.py: {error}', file=sys.stderr)
        return 1
    if args.check:
        return int(old != new)
    INDEX.write_text(new, encoding='utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
