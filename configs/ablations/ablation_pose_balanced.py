# Pose-balanced: the faces that are turned away are in twice as many epochs of half the length.
_base_ = 'ablation_base.py'

train_dataloader = dict(
    sampler=dict(_delete_=True, type='PoseBalancedSampler', fraction=0.5, pose_points=98)
)
train_cfg = dict(max_epochs=6)
