"""What an exported model is measured by is what users get."""

from pathlib import Path

import pytest
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS

import pfld_mm.register  # noqa: F401
from pfld_mm.deploy.evaluation import check_nme, evaluate
from pfld_mm.deploy.make_exporter import make_exporter
from pfld_mm.deploy.proof import ProofFailed
from pfld_mm.engine.config import load_config
from pfld_mm.evaluation.slider_accuracy import SliderAccuracy
from pfld_mm.runtime.backends.open_session import open_session, open_verifier
from pfld_mm.runtime.model_folder import ModelFolder

CONFIGS = Path(__file__).parents[2] / 'configs'


def test_the_exported_slider_is_measured_with_its_verifier(read_deploy_cfg, tmp_path):
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
    checkpoint, deploy = str(shipped.path / 'checkpoint.pth'), read_deploy_cfg('onnxruntime_static')
    export = make_exporter(deploy, cfg, checkpoint, tmp_path / 'out', 'slider')
    model, session = export.estimator, open_session(shipped)
    export.verifier_session = open_verifier(shipped, 1)
    forms = dict(pytorch=export.answers_of_pytorch(), onnxruntime=export.answers_of(session))
    figures = evaluate(cfg, forms)
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
    export.verifier_session = None
    alone = evaluate(cfg, dict(onnxruntime=export.answers_of(session)))
    assert alone['onnxruntime']['slider/gap/hit@2'] < expected['slider/gap/hit@2']


def test_a_form_that_loses_too_much_is_named():
    figures = dict(pytorch=dict(NME=0.05), onnxruntime_int8=dict(NME=0.051))
    check_nme(figures, 0.03)
    assert figures['onnxruntime_int8']['NME_change'] == pytest.approx(0.02)
    with pytest.raises(ProofFailed, match=r'NME of onnxruntime_int8 is 2\.00 % worse'):
        check_nme(figures, 0.01)
