# The deployed form (one convolution a block, no BatchNorm), to fine-tune public or shipped weights.
_base_ = 'pfld_ghostone.py'

model = dict(
    backbone=dict(inference_mode=True),
    # with so small a beta this is L1
    head=dict(
        loss=dict(_delete_=True, type='LandmarkSmoothL1Loss', beta=1e-6, unit='normalised'),
        loss_sigma=dict(type='GaussianSigmaLoss'),
    ),
)
