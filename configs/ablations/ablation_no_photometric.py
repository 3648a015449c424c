# No photometric augmentation: flip, shift, scale and rotation alone.
_base_ = 'ablation_base.py'

train_pipeline = [step for step in _base_.train_pipeline if step.type != 'SeededAlbumentation']
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
