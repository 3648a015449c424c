# Trained on synthetic puzzles over photos, 40 % of them of the common kind and 30 % with as many
# decoys as find room, often turned; tested on real ones with a CSV of labels.
_base_ = 'slider_synthetic.py'

photos = 'data/photos'
data_root = 'data/slider'

every = dict(_base_.generator, photos=photos)
common = dict(
    every,
    piece=1.0,
    turned=0.25,
    turn_deg=(0.5, 20.0),
    shapes=('jigsaw',),
    looks=('dark', 'light', 'emboss'),
    degrade=False,
    procedural=0.05,
)
crowded = dict(every, piece=1.0, decoys=3, turned=0.5, turn_deg=(0.5, 20.0))
without_gap = dict(every, piece=0.85, gap=0.0)
mixed = dict(
    type='pfld_mm.synth.puzzles.mixed.MixedPuzzles',
    generators=[common, every, crowded],
    probs=(0.4, 0.3, 0.3),
)
train_dataloader = dict(
    dataset=dict(generator=dict(_delete_=True, **_base_.shown_often, generator=mixed))
)
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
