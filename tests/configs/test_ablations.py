"""Every ablation builds, is a small change to the base, and deploys the same graph."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, METRICS, MODELS

import pfld_mm.register  # noqa: F401
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.graph.graph_size import graph_size

FOLDER = Path(__file__).parents[2] / 'configs/ablations'
BASE = FOLDER / 'ablation_base.py'
CONFIGS = sorted(FOLDER.glob('*.py'))
TRAIN_ONLY = {
    'ablation_laplace': {'sigma_branch'},
    'ablation_rle': {'sigma_branch', 'loss_module'},
    'ablation_simcc': {'auxiliary'},
}


def build(path):
    cfg = Config.fromfile(path)
    init_default_scope(cfg.default_scope)
    torch.manual_seed(0)
    return cfg, MODELS.build(cfg.model).eval()


def deployed(model):
    model.switch_to_deploy()
    return {name: tensor.shape for name, tensor in model.state_dict().items()}


@pytest.fixture(scope='module')
def graph():
    return deployed(build(BASE)[1])


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_what_only_trains_is_not_deployed(path, graph):
    cfg, model = build(path)
    parts = {name.split('.')[1] for name in model.state_dict() if name.startswith('head.')}
    assert parts - {'fc'} == TRAIN_ONLY.get(path.stem, set())
    x = torch.rand(1, 3, *cfg.codec.input_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = model(x, None)
        assert deployed(model) == graph
        torch.testing.assert_close(model(x, None), before, atol=1e-5, rtol=0)
    assert before.shape == (1, 166, 2)


def test_the_exported_graph_is_as_large_as_without_an_auxiliary():
    """The neck passes a map on for it."""
    sizes = []
    for path in (BASE, FOLDER / 'ablation_simcc.py'):
        cfg, model = build(path)
        w, h = cfg.codec.input_size
        graph = export_onnx(DeployedNetwork(model, (w, h)), (3, h, w))
        sizes.append({**graph_size(graph), 'bytes': graph.ByteSize()})
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_it_differs_from_the_base_in_one_thing(path):
    lines = path.read_text().splitlines()
    assert lines[0].startswith('# ')
    assert len(lines) <= 30
    if path == BASE:
        return
    cfg, base = Config.fromfile(path), Config.fromfile(BASE)
    changed = {key for key in cfg if cfg[key] != base.get(key)}
    named = {'model', 'train_dataloader', 'custom_hooks'} & changed
    assert len(named) == 1
    assert changed - named <= {'train_cfg', 'val_evaluator', 'train_pipeline', 'loss'}
    for split in ('val', 'test'):
        assert cfg[f'{split}_dataloader'] == base[f'{split}_dataloader']


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_data_and_measures_can_be_built(path):
    cfg = Config.fromfile(path)
    init_default_scope(cfg.default_scope)
    for split in ('train', 'val'):
        DATASETS.build({**cfg[f'{split}_dataloader'].dataset, 'lazy_init': True})
    parts = {metric.prefix: METRICS.build(metric).points for metric in cfg.val_evaluator}
    assert {'98': (0, 98), '68': (98, 166)}.items() >= parts.items()
