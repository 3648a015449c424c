# 300-W, 68 points. 5 % of the training images choose the checkpoint; the full set only tests.
_base_ = 'face_pipeline.py'

data_root = 'data/300W'
train_folders = ['afw', 'helen/trainset', 'lfpw/trainset']
test_folders = ['helen/testset', 'lfpw/testset', 'ibug']  # common, common, challenging
dataset = dict(type='IBUGFace', data_root=data_root)
tested = dict(**dataset, test_mode=True, pipeline=_base_.val_pipeline)

train_dataloader = dict(
    dataset=dict(
        **dataset, folders=train_folders, part=('train', 0.05), pipeline=_base_.train_pipeline
    )
)
val_dataloader = dict(dataset=dict(**tested, folders=train_folders, part=('val', 0.05)))
test_dataloader = dict(dataset=dict(**tested, folders=test_folders))
