# Puzzles made on the fly; other seeds make those that choose the checkpoint and those that test.
_base_ = 'slider_pipeline.py'

generator = dict(type='pfld_mm.synth.puzzles.generator.PuzzleGenerator', photos=None, seed=0)
# Each puzzle is shown twice, shifted and scaled anew: drawing takes as long as learning.
shown_often = dict(type='pfld_mm.synth.puzzles.reused.ReusedPuzzles', uses=2, window=512)

train_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    drop_last=True,  # a last batch of one puzzle would have no batch statistics
    sampler=dict(type='ResumableSampler', shuffle=False),
    dataset=dict(
        type='SliderSyntheticDataset',
        generator=dict(**shown_often, generator=generator),
        length=8192,
        pipeline=_base_.train_pipeline,
    ),
)
loader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
)
tested = dict(type='SliderSyntheticDataset', test_mode=True, pipeline=_base_.val_pipeline)
val_dataloader = dict(
    **loader,
    dataset=dict(**tested, generator=dict(type=generator['type'], photos=None, seed=1), length=512),
)
test_dataloader = dict(
    **loader,
    dataset=dict(
        **tested, generator=dict(type=generator['type'], photos=None, seed=2), length=1024
    ),
)

val_evaluator = dict(type='SliderAccuracy')
test_evaluator = dict(type='SliderAccuracy')
