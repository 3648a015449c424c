# Faces with a teacher's 98 points, and on some of them 68 hand-made ones: 166 points a face.
# 5 % of the images are held out; those of them that a person marked choose the checkpoint.
_base_ = 'face_pipeline.py'

data_root = 'data/two_markups'
dataset_type = 'TwoMarkupFace'  # MMPoseInferencer asks for it
dataset = dict(
    type=dataset_type,
    data_root=data_root,
    ann_files=['pseudo98/train.txt'],
    pts_folders=['faces68/helen_train', 'faces68/afw'],
)
no_pose = dict(GenerateFaceLabels=dict(euler=False))  # there is no 3-D model of 166 points
train_pipeline = [{**step, **no_pose.get(step['type'], {})} for step in _base_.train_pipeline]

train_dataloader = dict(
    dataset=dict(**dataset, part=('train', 0.05), repeat_marked=2, pipeline=train_pipeline)
)
val_dataloader = dict(
    dataset=dict(
        **dataset,
        part=('val', 0.05),
        only_marked=True,
        test_mode=True,
        pipeline=_base_.val_pipeline,
    )
)
test_dataloader = val_dataloader

val_evaluator = dict(type='FaceNME', norm_mode='keypoint_distance', keypoint_indices=(60, 72))
test_evaluator = val_evaluator
