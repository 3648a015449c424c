"""Builds the family's models for the tests."""

from helpers.liven import liven
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import pfld_mm.register  # noqa: F401

FAMILY = {
    'pfld': (dict(type='PFLD'), (1, 2, 3), 176),
    'ghostnet': (dict(type='PFLDGhostNet'), (0, 1, 2, 3, 4), 512),
    'slim': (dict(type='PFLDGhostNet', slim=True), (0, 1, 2, 3, 4), 512),
    'ghostone': (dict(type='PFLDGhostOne'), (0, 1, 2, 3, 4), 512),
}


def build(name, num_keypoints=98, input_size=(112, 112), **backbone):
    """A top-down estimator of the family, in eval mode, with lively running statistics."""
    config, pooled, in_channels = FAMILY[name]
    config = dict(config, input_size=input_size, **backbone)
    init_default_scope('mmpose')
    width = backbone.get('width_factor', 1.0)
    if width != 1:
        channels = MODELS.build(dict(config)).out_channels
        in_channels = sum(channels[i] for i in pooled)
    model = MODELS.build(
        ConfigDict(
            type='TopdownPoseEstimator',
            data_preprocessor=dict(
                type='PoseDataPreprocessor', mean=[0] * 3, std=[255] * 3, bgr_to_rgb=True
            ),
            backbone=config,
            neck=dict(type='MultiScalePool', pooled=pooled),
            head=dict(
                type='PFLDHead',
                in_channels=in_channels,
                num_keypoints=num_keypoints,
                input_size=input_size,
            ),
        )
    )
    liven(model)
    return model.eval()


def count(model):
    """Number of parameters."""
    return sum(parameter.numel() for parameter in model.parameters())
