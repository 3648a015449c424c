"""Every config builds its model, and no two are nearly the same."""

from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

CONFIGS = sorted((Path(__file__).parents[2] / 'configs').glob('*.py'))
FACES = [path for path in CONFIGS if path.stem.startswith('pfld')]


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_the_model_and_the_datasets_can_be_built(path):
    cfg = Config.fromfile(path)
    init_default_scope(cfg.default_scope)
    MODELS.build(cfg.model)
    for split in ('train', 'val', 'test'):
        dataset = cfg[f'{split}_dataloader'].dataset
        if 'generator' in dataset:
            without_photos(dataset.generator)
        DATASETS.build({**dataset, 'lazy_init': True})


def without_photos(generator):
    """Draw on procedural backgrounds: the photos are the user's."""
    if 'photos' in generator:
        generator.photos = None
    for inner in [generator.get('generator'), *generator.get('generators', [])]:
        if inner is not None:
            without_photos(inner)


@pytest.mark.parametrize('path', FACES, ids=lambda path: path.stem)
def test_points_of_model_and_data_agree(path):
    cfg = Config.fromfile(path)
    init_default_scope(cfg.default_scope)
    model = MODELS.build(cfg.model).eval()
    dataset = DATASETS.build({**cfg.train_dataloader.dataset, 'lazy_init': True})
    w, h = cfg.codec.input_size
    points = model(torch.zeros(1, 3, h, w), None)
    columns = 4 if model.head.gives_sigma else 2
    assert points.shape == (1, dataset.metainfo['num_keypoints'], columns)


def test_leaf_configs_are_short_decisions():
    for path in CONFIGS:
        assert len(path.read_text().splitlines()) <= 30, path


def test_no_two_leaf_configs_are_copies():
    for one, two in combinations(CONFIGS, 2):
        a, b = one.read_text(), two.read_text()
        changed = [
            line
            for line in (set(a.splitlines()) ^ set(b.splitlines()))
            if line.strip() and not line.startswith('#')
        ]
        assert changed, (one, two)
        assert SequenceMatcher(None, a, b).ratio() < 0.9 or len(a.splitlines()) <= 10, (one, two)
