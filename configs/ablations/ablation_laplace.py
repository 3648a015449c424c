# Laplace likelihood with a train-only sigma branch.
_base_ = 'ablation_base.py'

loss = dict(_delete_=True, type='LaplaceLandmarkLoss', input_size=_base_.codec.input_size)
model = dict(head=dict(loss=loss))
