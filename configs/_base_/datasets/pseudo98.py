# Faces that a teacher labelled with WFLW's 98 points. 5 % of the images choose the checkpoint.
_base_ = 'face_pipeline.py'

data_root = 'data/pseudo98'
dataset_type = 'PseudoLabelFace'  # MMPoseInferencer asks for it
dataset = dict(
    type=dataset_type,
    data_root=data_root,
    ann_files=['pseudo98/train.txt', 'wild/train.txt'],
)
no_pose = dict(GenerateFaceLabels=dict(euler=False))
train_pipeline = [{**step, **no_pose.get(step['type'], {})} for step in _base_.train_pipeline]
train_dataloader = dict(
    dataset=dict(**dataset, part=('train', 0.05), repeat_turned=2, pipeline=train_pipeline)
)
val_dataloader = dict(
    dataset=dict(**dataset, part=('val', 0.05), test_mode=True, pipeline=_base_.val_pipeline)
)
test_dataloader = val_dataloader
# not the distance of the eyes, which is near 0 on profiles
val_evaluator = dict(type='FaceNME', norm_mode='box')
test_evaluator = val_evaluator
