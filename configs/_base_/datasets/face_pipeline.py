# From an image to a crop of 112 px with its labels, and the loaders; face datasets build on it.
codec = dict(type='RegressionLabel', input_size=(112, 112))

train_pipeline = [
    dict(type='LoadFace'),
    dict(type='GetBBoxCenterScale', padding=1.2),
    dict(type='RandomFlip', direction='horizontal'),
    dict(
        type='RandomBBoxTransform',
        shift_factor=0.1,
        shift_prob=0.8,
        scale_factor=(0.85, 1.2),
        scale_prob=0.8,
        rotate_factor=30.0,
        rotate_prob=0.7,
    ),
    dict(type='CropFace', input_size=codec['input_size']),
    dict(
        type='SeededAlbumentation',
        transforms=[
            dict(type='ColorJitter', brightness=0.3, contrast=0.3, saturation=0.3, hue=0.04, p=0.5),
            dict(type='RandomGamma', gamma_limit=(60, 160), p=0.2),
            dict(type='ToGray', p=0.1),
            dict(
                type='OneOf',
                transforms=[
                    dict(type='GaussianBlur', sigma_limit=(0.4, 1.6)),
                    dict(type='MotionBlur', blur_limit=(3, 7)),
                ],
                p=0.2,
            ),
            dict(type='GaussNoise', std_range=(0.01, 0.06), p=0.2),
            dict(type='ImageCompression', quality_range=(30, 90), p=0.2),
            dict(
                type='CoarseDropout',
                num_holes_range=(1, 3),
                hole_height_range=(0.1, 0.35),
                hole_width_range=(0.1, 0.35),
                fill='random_uniform',
                p=0.4,
            ),
        ],
    ),
    dict(type='GenerateTarget', encoder=codec),
    # Own points have no 3-D model and no pose.
    dict(type='GenerateFaceLabels', euler=True),
    dict(type='PackPoseInputs'),
]

# Also what mmpose.apis.inference_topdown runs, on images without labels.
val_pipeline = [
    dict(type='LoadFace', reduce=False),
    dict(type='GetBBoxCenterScale', padding=1.2),
    dict(type='CropFace', input_size=codec['input_size']),
    dict(
        type='PackPoseInputs',
        meta_keys=(
            'id',
            'img_id',
            'img_path',
            'ori_shape',
            'img_shape',
            'input_size',
            'input_center',
            'input_scale',
            'flip_indices',
            'raw_ann_info',
            'dataset_name',
            'attributes',
        ),
    ),
]

train_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    drop_last=True,  # a last batch of one face would have no batch statistics
    sampler=dict(type='ResumableSampler', shuffle=True),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
)
test_dataloader = val_dataloader

val_evaluator = dict(type='FaceNME')
test_evaluator = dict(type='FaceNME')
