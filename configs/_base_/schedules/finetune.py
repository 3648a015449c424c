# Short, at a low rate, with a fast average of the weights.
_base_ = 'adamw_cosine.py'

optim_wrapper = dict(optimizer=dict(lr=3e-4))
train_cfg = dict(max_epochs=12, val_interval=2)
custom_hooks = [
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.003, update_buffers=True)
]
