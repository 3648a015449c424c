# Only the hand-made 68 points are learnt, on the faces that have them.
_base_ = 'ablation_base.py'

train_dataloader = dict(dataset=dict(sure_spread=0.0, only_marked=True))
train_cfg = dict(max_epochs=15)  # of fewer faces: as many steps
val_evaluator = _base_.val_evaluator[1:]
