# The fast form, whole: a first look at the puzzle and a second one at the likeliest pairs of piece
# and gap. Training it is the last stage; it trains the second look and leaves the first alone.
_base_ = 'litehrnet18_fast_slider_first_look.py'

model = dict(
    type='SecondLookTraining',
    pairs=4,
    first_looks=8,
    head=dict(refiner=dict(type='PairRefiner', channels=(24, 48, 96))),
)
train_dataloader = dict(batch_size=32, dataset=dict(generator=dict(uses=4)))
optim_wrapper = dict(clip_grad=dict(max_norm=10.0))
train_cfg = dict(max_epochs=40, val_interval=8)
custom_hooks = [
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.002, update_buffers=True)
]
