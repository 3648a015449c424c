"""The configs and logs of the shipped weights' training (docs/runs) stay readable."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config

RUNS = Path(__file__).parents[2] / 'docs/runs'
CONFIGS = sorted(RUNS.glob('*.json'))


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_loads_and_its_log_reaches_a_validation(path):
    cfg = Config.fromfile(path)
    assert {'model', 'train_dataloader', 'optim_wrapper', 'train_cfg'} <= set(cfg)
    lines = path.with_suffix('.jsonl').read_text(encoding='utf-8').splitlines()
    rows = [json.loads(line) for line in lines]
    assert any('loss' in row for row in rows)
    assert any('NME' in row or 'slider/gap/hit@5' in row for row in rows)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_a_stage_starts_from_a_kept_one(path):
    source = Config.fromfile(path).get('load_from')
    assert source is None or (RUNS / f'{Path(source).parent}.json').exists()
