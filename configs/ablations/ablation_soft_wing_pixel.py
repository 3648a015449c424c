# Soft Wing in pixels: L1 for small errors, a logarithm for large ones.
_base_ = 'ablation_base.py'

model = dict(
    head=dict(
        loss=dict(
            _delete_=True,
            type='LandmarkSoftWingLoss',
            omega1=0.5,
            omega2=4,
            epsilon=1,
            unit='pixel',
            input_size=_base_.codec.input_size,
        )
    )
)
