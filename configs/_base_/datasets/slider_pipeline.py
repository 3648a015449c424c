# From a puzzle to the letterboxed RGB + mask input with its labels; the slider data build on it.
codec = dict(type='CenterOffsetAngleLabel', input_size=(512, 256))

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='LetterboxAffine', input_size=codec['input_size']),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs'),
]

# Also what mmpose.apis.inference_topdown runs, on pictures without labels.
val_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='LetterboxAffine', input_size=codec['input_size']),
    dict(type='PackPoseInputs'),
]
