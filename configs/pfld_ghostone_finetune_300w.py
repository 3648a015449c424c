# As pfld_ghostone_finetune.py, on hand-made 68 points.
_base_ = 'pfld_ghostone_300w.py'

model = dict(
    backbone=dict(inference_mode=True),
    head=dict(
        loss=dict(_delete_=True, type='LandmarkSmoothL1Loss', beta=1e-6, unit='normalised'),
        loss_sigma=dict(type='GaussianSigmaLoss'),
    ),
)
load_from = 'work_dirs/public.pth'
optim_wrapper = dict(optimizer=dict(lr=3e-4))
custom_hooks = [
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.003, update_buffers=True)
]
