# Second step of training the fast form: its proposal network. litehrnet18_fast_slider.py goes on.
_base_ = [
    '_base_/models/litehrnet18_fast.py',
    '_base_/datasets/slider.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

codec = dict(_base_.codec, stride=8, offset_reach=2.0)
target = dict(GenerateTarget=dict(encoder=codec))
train_pipeline = [{**step, **target.get(step['type'], {})} for step in _base_.train_pipeline]
val_pipeline = [{**step, **target.get(step['type'], {})} for step in _base_.val_pipeline]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(pipeline=val_pipeline))

model = dict(
    head=dict(
        offset_reach=codec['offset_reach'],
        supervised_above=0.35,  # all nine cells around a center learn where it is
        # With the default of 0.2, an angle of a few degrees costs too little to be learned.
        loss_angle=dict(type='CosineAngleLoss', loss_weight=150.0),
    )
)
train_cfg = dict(max_epochs=60)
default_hooks = dict(checkpoint=dict(save_best='slider/gap/hit@5', rule='greater'))
custom_hooks = [
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.001, update_buffers=True),
    dict(type='HardExampleHook', fraction=0.1, interval=5),
]
