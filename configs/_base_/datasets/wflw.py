# WFLW, 98 points. 5 % of the training images choose the checkpoint; the test list only tests.
_base_ = 'face_pipeline.py'

data_root = 'data/WFLW'
lists = 'WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_'
dataset_type = 'WFLW'

train_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file=lists + 'train.txt',
        part=('train', 0.05),
        pipeline=_base_.train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file=lists + 'train.txt',
        part=('val', 0.05),
        test_mode=True,
        pipeline=_base_.val_pipeline,
    )
)
test_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file=lists + 'test.txt',
        test_mode=True,
        pipeline=_base_.val_pipeline,
    )
)
