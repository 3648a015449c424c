# 439,390 parameters, 0.59 GMAC: half the width, separable smoothing, one 3x3 before all heads, and
# the piece compared with every place.
_base_ = 'litehrnet18.py'

model = dict(
    backbone=dict(width_factor=0.5, separable=True),
    neck=dict(in_channels=(16, 32, 64, 128), out_channels=64, separable=True),
    head=dict(
        in_channels=64,
        hidden_channels=32,
        shared=True,
        match_channels=48,
        loss_peak=dict(type='CenterSoftmaxLoss'),
        loss_offset=dict(type='MaskedSmoothL1Loss', beta=0.1),
    ),
)
