# The full PFLD loss: attribute weights, and the pose branch while training.
_base_ = 'pfld_wflw.py'

model = dict(
    neck=dict(auxiliary=0),
    head=dict(pose_channels=64, loss=dict(_delete_=True, type='PFLDLoss')),
)
