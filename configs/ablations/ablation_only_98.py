# Only the teacher's 98 points are learnt.
_base_ = 'ablation_base.py'

train_dataloader = dict(dataset=dict(pts_folders=[]))
train_cfg = dict(max_epochs=4)  # no face is repeated: as many steps
val_evaluator = _base_.val_evaluator[:1]
