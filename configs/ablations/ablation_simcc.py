# Train-only SimCC branch on the 14 x 14 map.
_base_ = 'ablation_base.py'

model = dict(
    neck=dict(auxiliary=2),
    head=dict(auxiliary=dict(type='SimCCBranch', in_channels=48, stride=8, loss_weight=0.1)),
)
