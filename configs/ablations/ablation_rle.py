# Residual log-likelihood (RLE): a sigma branch and a flow, both train-only.
_base_ = 'ablation_base.py'

model = dict(head=dict(loss=dict(_delete_=True, type='RLELoss', use_target_weight=True)))
