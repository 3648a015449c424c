"""A narrow Lite-HRNet-18 for puzzles, for the tests."""

import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import pfld_mm.register  # noqa: F401


def build_tiny_slider(downscale=1, verifier=None, cascade=None, train_stage='proposal', **head):
    """The model, with these settings of its head; the same weights at every call."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='TwoStageSlider',
            verifier=verifier,
            cascade=cascade,
            train_stage=train_stage,
            data_preprocessor=dict(type='PoseDataPreprocessor', mean=[0.0], std=[255.0]),
            backbone=dict(
                type='LiteHRNet18', width_factor=0.25, separable=True, downscale=downscale
            ),
            neck=dict(type='LiteFPN', in_channels=(8, 16, 32, 64), out_channels=16, separable=True),
            head=dict(
                type='CenterOffsetAngleHead',
                in_channels=16,
                hidden_channels=16,
                shared=True,
                **head,
            ),
        )
    )
