# Unweighted: the teacher's doubt (spread) does not lower the weight of its points.
_base_ = 'ablation_base.py'

train_dataloader = dict(dataset=dict(sure_spread=1.0))
