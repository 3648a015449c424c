# Fine-tunes the deployed network (one convolution a block, no BatchNorm) of a public ONNX file that
# tools/convert_checkpoint.py --fold-input brought here, on pseudo-labels. docs/finetune.md.
_base_ = [
    '_base_/models/pfld_ghostone.py',
    '_base_/datasets/pseudo98.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

model = dict(
    backbone=dict(inference_mode=True),
    # so small a beta leaves the line alone: L1
    head=dict(
        loss=dict(_delete_=True, type='LandmarkSmoothL1Loss', beta=1e-6, unit='normalised'),
        loss_sigma=dict(type='GaussianSigmaLoss'),
    ),
)
load_from = 'work_dirs/public.pth'
optim_wrapper = dict(optimizer=dict(lr=3e-4))
train_cfg = dict(max_epochs=12, val_interval=2)
custom_hooks = [
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.003, update_buffers=True)
]
