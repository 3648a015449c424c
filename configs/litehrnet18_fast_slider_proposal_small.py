# First step of training the fast form: its proposal network on a quarter of the pixels, with
# pieces as large as at the full size, so that four times as many puzzles teach where a gap's
# center is. litehrnet18_fast_slider_proposal.py goes on.
_base_ = 'litehrnet18_fast_slider_proposal.py'

codec = dict(_base_.codec, input_size=(256, 128))
small = dict(LetterboxAffine=dict(input_size=(256, 128)), GenerateTarget=dict(encoder=codec))
train_pipeline = [{**step, **small.get(step['type'], {})} for step in _base_.train_pipeline]
val_pipeline = [{**step, **small.get(step['type'], {})} for step in _base_.val_pipeline]

large_pieces = dict(size=(320, 160), piece_size=(0.25, 0.8))
generators = [{**kind, **large_pieces} for kind in _base_.mixed.generators]
train_dataloader = dict(
    dataset=dict(generator=dict(generator=dict(generators=generators)), pipeline=train_pipeline)
)
val_dataloader = dict(dataset=dict(generator=large_pieces, pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(pipeline=val_pipeline))
