# 0.29 GMAC at 640x640 (0.22 at 640x480); one map of stride 8.
# Of the exported model: a face's score, and the overlap of two.
thresholds = dict(min_score=0.4, max_iou=0.4)
codec = dict(type='FaceMapLabel', input_size=(320, 320))
model = dict(
    type='FaceFinderNet',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        bgr_to_rgb=False,
        pad_size_divisor=32,
    ),
    backbone=dict(type='FinderBackbone', channels=(16, 32, 48, 96, 160), repeats=(2, 4, 3)),
    neck=dict(type='TopDownSum', in_channels=(48, 96, 160), out_channels=48),
    head=dict(
        type='FaceFinderHead',
        in_channels=48,
        loss_heatmap=dict(type='CenterFocalLoss', alpha=2.0, beta=4.0, normalizer='positive'),
        loss_box=dict(type='BoxDistanceIoULoss', loss_weight=2.0),
        loss_points=dict(type='MaskedSmoothL1Loss', beta=0.05, loss_weight=0.5),
    ),
    test_cfg=dict(min_score=0.05, max_iou=0.4),
)
