_base_ = [
    '_base_/models/finder_network.py',
    '_base_/datasets/finder_faces.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

train_cfg = dict(max_epochs=4, val_interval=1)
optim_wrapper = dict(optimizer=dict(lr=2e-3), clip_grad=dict(max_norm=10.0))
default_hooks = dict(checkpoint=dict(save_best='finder/AP', rule='greater'))
