# What `make demo` trains: narrow enough to learn visibly in minutes on two cores.
_base_ = [
    '_base_/models/pfld_ghostone.py',
    '_base_/datasets/synthetic_faces.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

model = dict(
    backbone=dict(width_factor=0.5, num_conv_branches=3),
    head=dict(in_channels=256),
)
train_cfg = dict(max_epochs=12, val_interval=3)
