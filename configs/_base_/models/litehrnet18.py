# One stage, without a pair verifier: 3,275,758 parameters, 6.05 GMAC.
model = dict(
    type='TwoStageSlider',
    # LetterboxAffine makes RGB and the mask, 0 to 255; four means are not accepted, one is.
    data_preprocessor=dict(type='PoseDataPreprocessor', mean=[0.0], std=[255.0]),
    backbone=dict(type='LiteHRNet18', width_factor=1.0, separable=False),
    neck=dict(type='LiteFPN', in_channels=(32, 64, 128, 256), out_channels=128, separable=False),
    head=dict(
        type='CenterOffsetAngleHead',
        in_channels=128,
        hidden_channels=64,
        shared=False,
        # divided by the number of centers: the sum of weights makes this term a thousandth
        loss_heatmap=dict(type='CenterFocalLoss', normalizer='positive'),
    ),
    cascade=dict(same_row=True),  # the piece only slides sideways
    test_cfg=dict(flip_test=False, output_heatmaps=False),
)
