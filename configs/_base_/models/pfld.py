model = dict(
    type='TopdownPoseEstimator',
    # The one place where the color order is stated: images come as BGR, the network sees RGB.
    data_preprocessor=dict(
        type='PoseDataPreprocessor', mean=[0, 0, 0], std=[255, 255, 255], bgr_to_rgb=True
    ),
    backbone=dict(type='PFLD', width_factor=1.0, input_size=(112, 112)),
    neck=dict(type='MultiScalePool', pooled=(1, 2, 3)),
    head=dict(
        type='PFLDHead',
        in_channels=176,
        num_keypoints=98,
        input_size=(112, 112),
        loss=dict(type='LandmarkWingLoss', omega=10, epsilon=2, unit='normalised'),
    ),
    test_cfg=dict(flip_test=False),
)
