# Trained on synthetic puzzles over photos, tested on real ones with a CSV of labels.
_base_ = 'slider_synthetic.py'

photos = 'data/photos'
data_root = 'data/slider'

train_dataloader = dict(dataset=dict(generator=dict(generator=dict(photos=photos))))
val_dataloader = dict(dataset=dict(generator=dict(photos=photos)))
test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='SliderDataset',
        data_root=data_root,
        ann_file='labels.csv',
        data_prefix=dict(img=''),
        test_mode=True,
        pipeline=_base_.val_pipeline,
    ),
)
