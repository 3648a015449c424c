# What `make demo-slider` trains: a narrow form that learns in minutes on two cores, no data needed.
_base_ = [
    '_base_/models/litehrnet18_fast.py',
    '_base_/datasets/slider_synthetic.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

model = dict(
    backbone=dict(width_factor=0.25),
    neck=dict(in_channels=(8, 16, 32, 64), out_channels=32),
    head=dict(in_channels=32, hidden_channels=16),
)
train_dataloader = dict(batch_size=16, dataset=dict(length=1024))
val_dataloader = dict(dataset=dict(length=64))
test_dataloader = dict(dataset=dict(length=128))
train_cfg = dict(max_epochs=10)
default_hooks = dict(checkpoint=dict(save_best='slider/gap/mae'))
