# From a puzzle to the letterboxed RGB + mask input with its labels; the slider data build on it.
codec = dict(type='CenterOffsetAngleLabel', input_size=(512, 256))

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(
        type='RandomBBoxTransform',
        shift_factor=0.1,
        shift_prob=0.5,
        scale_factor=(0.85, 1.2),
        scale_prob=0.8,
        rotate_prob=0.0,
    ),
    dict(
        type='PhotometricDistortion',
        brightness_delta=24,
        contrast_range=(0.7, 1.3),
        saturation_range=(0.6, 1.4),
        hue_delta=12,
    ),
    dict(type='LetterboxAffine', input_size=codec['input_size']),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs'),
]

# Also what mmpose.apis.inference_topdown runs, on images without labels.
val_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='LetterboxAffine', input_size=codec['input_size']),
    dict(type='PackPoseInputs'),
]
