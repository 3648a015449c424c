# What every ablation is compared with; the others change one thing (their first line says which).
# A small budget: half the width, 3 branches, 3 epochs, about 440 steps of 32 faces.
_base_ = [
    '../_base_/models/pfld_ghostone.py',
    '../_base_/datasets/two_markups.py',
    '../_base_/schedules/adamw_cosine.py',
    '../_base_/runtime/default.py',
]

model = dict(
    backbone=dict(width_factor=0.5, num_conv_branches=3),
    head=dict(in_channels=256, num_keypoints=166),
)
# A fifth of the pictures is held out: the fewer faces measure, the less a difference says.
train_dataloader = dict(dataset=dict(part=('train', 0.2)))
val_dataloader = dict(dataset=dict(part=('val', 0.2)))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=3, val_interval=1000)  # measured once, after the last epoch
default_hooks = dict(checkpoint=dict(save_best=None, max_keep_ckpts=1))
val_evaluator = [
    dict(type='FaceNME', points=(0, 98), prefix='98'),
    dict(type='FaceNME', points=(98, 166), prefix='68'),
]
test_evaluator = val_evaluator
