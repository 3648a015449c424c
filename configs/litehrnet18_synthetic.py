# What `make demo-slider` trains: a narrow form at 256 x 128 that learns on two cores, without data,
# on plain puzzles: large jigsaw pieces, one dark or light gap, no decoys, no clutter, no noise.
_base_ = [
    '_base_/models/litehrnet18_fast.py',
    '_base_/datasets/slider_synthetic.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

codec = dict(type='CenterOffsetAngleLabel', input_size=(256, 128))
small = dict(LetterboxAffine=dict(input_size=(256, 128)), GenerateTarget=dict(encoder=codec))
train_pipeline = [{**step, **small.get(step['type'], {})} for step in _base_.train_pipeline]
val_pipeline = [{**step, **small.get(step['type'], {})} for step in _base_.val_pipeline]

silu = dict(type='SiLU', inplace=True)  # of so few channels ReLU leaves too little
model = dict(
    backbone=dict(width_factor=0.25, downscale=1, act_cfg=silu),
    neck=dict(in_channels=(8, 16, 32, 64), out_channels=32, act_cfg=silu),
    head=dict(in_channels=32, match_channels=None),  # there is only one gap to find
)
drawn = dict(size=(320, 160), piece_size=(0.3, 0.6), shapes=('jigsaw',), looks=('dark', 'light'))
plain = dict(**drawn, decoys=0, turned=0.0, clutter=False, degrade=False)
train_dataloader = dict(
    batch_size=8,  # many small steps: with 32 it finds a third fewer gaps after as many puzzles
    dataset=dict(generator=dict(generator=plain), length=2048, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(generator=plain, length=128, pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(generator=plain, length=256, pipeline=val_pipeline))
train_cfg = dict(max_epochs=12)
default_hooks = dict(checkpoint=dict(save_best='slider/gap/hit@5', rule='greater'))
