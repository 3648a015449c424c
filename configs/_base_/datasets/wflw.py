# WFLW, 98 points. 5 % of the training images choose the checkpoint; the test list only tests.
_base_ = 'face_pipeline.py'

data_root = 'data/WFLW'
lists = 'WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_'
dataset = dict(type='WFLW', data_root=data_root)
tested = dict(**dataset, test_mode=True, pipeline=_base_.val_pipeline)

train_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file=lists + 'train.txt',
        part=('train', 0.05),
        pipeline=_base_.train_pipeline,
    )
)
val_dataloader = dict(dataset=dict(**tested, ann_file=lists + 'train.txt', part=('val', 0.05)))
test_dataloader = dict(dataset=dict(**tested, ann_file=lists + 'test.txt'))
