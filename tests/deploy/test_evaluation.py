"""What an exported model is measured by is what users get."""

import copy
from pathlib import Path

import pytest
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS

import pfld_mm.register  # noqa: F401
from pfld_mm.checkpoints.load import load_model
from pfld_mm.deploy.backends import onnxruntime
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.evaluation import evaluate
from pfld_mm.engine.config import load_config
from pfld_mm.evaluation.slider_accuracy import SliderAccuracy
from pfld_mm.runtime.model_folder import ModelFolder

CONFIGS = Path(__file__).parents[2] / 'configs'


def test_the_exported_slider_is_measured_with_its_verifier():
    """The exported pair's figures are those of ``test_step``: both run the whole cascade."""
    cfg = load_config(str(CONFIGS / 'litehrnet18_fast_slider.py'))
    generator = dict(type='pfld_mm.synth.puzzles.generator.PuzzleGenerator', seed=77, piece=1.0)
    cfg.test_dataloader.dataset = dict(
        type='SliderSyntheticDataset',
        generator=generator,
        length=12,
        test_mode=True,
        pipeline=cfg.val_pipeline,
    )
    shipped = ModelFolder.read('litehrnet18_fast_slider')
    model = load_model(cfg, str(shipped.path / 'checkpoint.pth'))
    network = DeployedNetwork(model, cfg.codec.input_size)
    sessions = dict(onnxruntime=onnxruntime.open_session(shipped.path, ['model.onnx']))
    verifier = onnxruntime.open_session(shipped.path, ['pair_verifier.onnx'])
    figures = evaluate(cfg, model, network, sessions, verifier=verifier)
    metric = SliderAccuracy()
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    for sample in dataset:
        metric.process([], [one.to_dict() for one in model.test_step(pseudo_collate([sample]))])
    expected = metric.evaluate(len(dataset))
    assert expected['slider/gap/hit@2'] > 0.8
    for name in ('pytorch', 'onnxruntime'):
        for key, value in expected.items():
            assert figures[name][key] == pytest.approx(value, abs=0.05 if 'hit' not in key else 0)
    # the proposal network alone, what was measured here before, is another product
    alone = evaluate(cfg, _without_verifier(model), network, sessions)
    assert alone['onnxruntime']['slider/gap/hit@2'] < expected['slider/gap/hit@2']


def _without_verifier(model):
    model = copy.deepcopy(model)
    model.verifier = None
    return model
