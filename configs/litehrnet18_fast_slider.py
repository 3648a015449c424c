# The fast form: the proposal network, and a verifier of the most probable pairs.
# The last step of training: the verifier alone, the proposal network is frozen.
_base_ = 'litehrnet18_fast_slider_proposal.py'

model = dict(
    verifier=dict(type='PairVerifier', channels=(16, 32, 64, 96)),
    train_stage='verifier',
)
# Three in ten have no gap and thus no answer, and half of the pairs are what the exported model
# proposes. All are drawn in the first two epochs and kept: 400 kB each, 10 GB in all.
generators = [*_base_.mixed.generators, _base_.without_gap]
puzzles = dict(
    type='pfld_mm.datasets.slider.puzzle_letterboxer.PuzzleLetterboxer',
    generator=dict(_base_.mixed, generators=generators, probs=(0.28, 0.21, 0.21, 0.3)),
    input_size=_base_.codec.input_size,
    proposer=dict(type='pfld_mm.runtime.slider_locator.SliderLocator'),
)
kept = dict(
    type='pfld_mm.synth.puzzles.reused.ReusedPuzzles', generator=puzzles, uses=24, window=24576
)
train_dataloader = dict(
    batch_size=64,
    collate_fn=dict(type='default_collate'),
    dataset=dict(_delete_=True, type='SliderPairs', generator=kept, length=16384, pairs=2),
)
optim_wrapper = dict(clip_grad=dict(max_norm=10.0))
train_cfg = dict(max_epochs=36, val_interval=6)
custom_hooks = [
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.002, update_buffers=True)
]
