# Heads turned further to the side by a 3-D face (TurnHead).
_base_ = 'ablation_base.py'

train_pipeline = [*_base_.train_pipeline]
train_pipeline.insert(1, dict(type='TurnHead', prob=0.4, markups=(98, 68)))
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
