# Drawn faces in a tree of WFLW's form (98 points), as pfld_mm.synth writes it.
_base_ = 'face_pipeline.py'

dataset_type = 'WFLW'
data_root = 'data/synthetic_faces'
lists = 'WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_'

train_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    drop_last=True,  # a last batch of one face would have no batch statistics
    sampler=dict(type='ResumableSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file=lists + 'train.txt',
        part=('train', 0.05),
        pipeline=_base_.train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file=lists + 'train.txt',
        part=('val', 0.05),
        test_mode=True,
        pipeline=_base_.val_pipeline,
    ),
)
test_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file=lists + 'test.txt',
        test_mode=True,
        pipeline=_base_.val_pipeline,
    ),
)

val_evaluator = dict(type='FaceNME')
test_evaluator = dict(type='FaceNME')
