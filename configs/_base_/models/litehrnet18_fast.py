# 426,110 parameters, 0.12 GMAC: half the width and resolution, separable, ReLU for SiLU, one 3x3
# before all heads, and the piece compared with every place.
_base_ = 'litehrnet18.py'

relu = dict(type='ReLU', inplace=True)
model = dict(
    backbone=dict(width_factor=0.5, downscale=2, separable=True, act_cfg=relu),
    neck=dict(in_channels=(16, 32, 64, 128), out_channels=64, separable=True, act_cfg=relu),
    head=dict(
        in_channels=64,
        shared=True,
        match_channels=48,
        loss_peak=dict(type='CenterSoftmaxLoss'),
        loss_offset=dict(type='MaskedSmoothL1Loss', beta=0.1),
    ),
)
