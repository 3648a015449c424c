# Second stage: goes on from pfld_ghostone_two_markups.py, with faces that are turned further and
# boxes that are further off, as a detector's are.
# The list of photos: tools/labelling/pseudo_label.py --mesh; commands: docs/two_markups.md.
_base_ = 'pfld_ghostone_two_markups.py'

wider = dict(
    RandomBBoxTransform=dict(
        shift_factor=0.14, shift_prob=0.9, scale_factor=(0.75, 1.3), scale_prob=0.9
    )
)
train_pipeline = [{**step, **wider.get(step['type'], {})} for step in _base_.train_pipeline]
train_pipeline.insert(1, dict(type='TurnHead', prob=0.4, degrees=40, max_yaw=75, markups=(98, 68)))
train_dataloader = dict(
    dataset=dict(ann_files=['pseudo98/train.txt', 'photos98.txt'], pipeline=train_pipeline)
)
load_from = 'work_dirs/pfld_ghostone_two_markups/epoch_36.pth'
train_cfg = dict(max_epochs=40, val_interval=4)
optim_wrapper = dict(optimizer=dict(lr=1.5e-3))
custom_hooks = [
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.002, update_buffers=True)
]
