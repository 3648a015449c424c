# Wing in pixels: its knee acts.
_base_ = 'ablation_base.py'

model = dict(
    head=dict(loss=dict(omega=4, epsilon=1, unit='pixel', input_size=_base_.codec.input_size))
)
