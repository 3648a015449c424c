# One stage, 6 GMAC. Synthetic puzzles over the photos of data/photos; tested on data/slider.
_base_ = [
    '_base_/models/litehrnet18.py',
    '_base_/datasets/slider.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

train_cfg = dict(max_epochs=60)
default_hooks = dict(checkpoint=dict(save_best='slider/gap/hit@5', rule='greater'))
custom_hooks = [
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.001, update_buffers=True),
    dict(type='HardExampleHook', fraction=0.1, interval=5),
]
