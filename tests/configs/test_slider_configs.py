from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

import pfld_mm.codecs.center_offset_angle
import pfld_mm.compat
import pfld_mm.datasets.slider.slider_dataset
import pfld_mm.datasets.slider.slider_synthetic
import pfld_mm.datasets.transforms.letterbox_affine
import pfld_mm.engine.hard_example_hook
import pfld_mm.evaluation.slider_accuracy
import pfld_mm.models.backbones.lite_hrnet18
import pfld_mm.models.detectors.two_stage_slider
import pfld_mm.models.heads.center_offset_angle_head
import pfld_mm.models.heads.pair_verifier
import pfld_mm.models.necks.lite_fpn

CONFIGS = Path(__file__).parents[2] / 'configs'
FAST, VERIFIER = 426_110, 495_261
PARAMETERS = dict(
    litehrnet18_slider=3_275_758,
    litehrnet18_fast_slider=FAST + VERIFIER,
    litehrnet18_fast_slider_proposal=FAST,
    litehrnet18_synthetic=116_990,
    litehrnet18_fast_slider_proposal_small=FAST,
)


class Puzzles:
    """Noise with the labels at fixed places; every second puzzle has no piece."""

    def __getitem__(self, i):
        image = np.random.default_rng(i).integers(0, 255, (150, 300, 3), np.uint8)
        piece = None if i % 2 else (40.0, 70.0)
        return SimpleNamespace(
            image=image, gap=(200.0, 71.5), piece=piece, angle_deg=2.0, decoys=[(100.0, 40.0)]
        )


def load(name):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    init_default_scope('mmpose')
    return cfg


@pytest.mark.parametrize('name', PARAMETERS)
def test_model_is_what_the_config_says(name):
    model = MODELS.build(load(name).model)
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS[name]
    assert len((CONFIGS / f'{name}.py').read_text().splitlines()) <= 30


@pytest.mark.parametrize('name', PARAMETERS)
def test_codec_and_sizes_agree(name):
    cfg = load(name)
    codec = cfg.codec
    assert cfg.model.head.get('offset_reach', 0.5) == codec.get('offset_reach', 0.5)
    stride = 4 * cfg.model.backbone.get('downscale', 1)
    assert codec.get('stride', 4) == stride
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        if loader.dataset.type == 'SliderPairs':
            letterbox = loader.dataset.generator.generator
        else:
            steps = {step['type']: step for step in loader.dataset.pipeline}
            letterbox = steps['LetterboxAffine']
        assert tuple(letterbox['input_size']) == tuple(codec['input_size'])
    drawn = cfg.train_dataloader.dataset.generator.generator
    if cfg.train_dataloader.dataset.type == 'SliderPairs':
        drawn = drawn.generator
    for kind in drawn.get('generators', [drawn]):
        assert kind.seed != cfg.val_dataloader.dataset.generator.seed


def test_only_the_verifier_is_trained_last():
    cfg = load('litehrnet18_fast_slider')
    model = MODELS.build(cfg.model)
    trained = {name.split('.')[0] for name, p in model.named_parameters() if p.requires_grad}
    assert trained == {'verifier'}
    assert cfg.train_dataloader.dataset.type == 'SliderPairs'


def test_losses_and_answers_through_the_whole_config():
    cfg = load('litehrnet18_synthetic')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    train = DATASETS.build({**cfg.train_dataloader.dataset, 'generator': Puzzles(), 'length': 2})
    data = model.data_preprocessor(pseudo_collate([train[0], train[1]]), True)
    assert data['inputs'].shape == (2, 4, 128, 256)
    assert data['inputs'].max() <= 1 and data['inputs'][:, 3].max() == 1
    losses = model(**data, mode='loss')
    assert set(losses) == {
        'loss_gap',
        'loss_piece',
        'loss_offset',
        'loss_angle',
        'loss_decoy',
        'loss_peak',
    }
    assert all(torch.isfinite(value) for value in losses.values())
    test = DATASETS.build({**cfg.test_dataloader.dataset, 'generator': Puzzles(), 'length': 2})
    assert test[0]['inputs'][3].min() == 255  # the puzzle fills the input, nothing is padding
    answers = model.eval().test_step(pseudo_collate([test[0], test[1]]))
    metric = pfld_mm.evaluation.slider_accuracy.SliderAccuracy()
    metric.process([], [answer.to_dict() for answer in answers])
    figures = metric.evaluate(2)
    for key in ('gap/mae', 'piece/mae', 'distance/mae', 'angle/mae', 'decoy/ratio'):
        assert np.isfinite(figures[f'slider/{key}'])
    keypoints = answers[0].pred_instances.keypoints
    assert (keypoints >= 0).all() and (keypoints <= (300, 150)).all()
