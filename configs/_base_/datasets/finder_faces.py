# Whole images with labelled faces, mosaics of single faces, drawn faces, images without faces.
data_root = 'data/face_finder'
input_size = (320, 320)

load = dict(type='LoadFinderImage', cache=True)
cropped = [load, dict(type='FinderCrop', size=input_size)]
tiled = [load, dict(type='FinderCrop', size=(160, 160), face_sizes=(10.0, 120.0))]
train_pipeline = [
    dict(type='OccludeFaces'),
    dict(
        type='SeededAlbumentation',
        transforms=[
            dict(type='RandomBrightnessContrast', brightness_limit=0.3, contrast_limit=0.3, p=0.5),
            dict(type='HueSaturationValue', p=0.25),
            # painted faces, colored lamps
            dict(type='HueSaturationValue', hue_shift_limit=90, sat_shift_limit=80, p=0.15),
            dict(type='ChannelShuffle', p=0.05),
            dict(type='RandomGamma', gamma_limit=(50, 180), p=0.15),
            dict(type='ToGray', p=0.08),
            dict(
                type='OneOf',
                transforms=[
                    dict(type='GaussianBlur', sigma_limit=(0.4, 1.6)),
                    dict(type='MotionBlur', blur_limit=(3, 7)),
                ],
                p=0.15,
            ),
            dict(type='GaussNoise', std_range=(0.01, 0.06), p=0.1),
            dict(type='ImageCompression', quality_range=(30, 90), p=0.15),
        ],
    ),
    dict(type='PackFinderInputs', encoder=dict(type='FaceMapLabel', input_size=input_size)),
]
val_pipeline = [dict(type='LoadFinderImage', max_side=640), dict(type='PackFinderInputs')]

whole = dict(
    type='FinderDataset',
    data_root=data_root,
    ann_files=['finder/train.txt', 'finder/photos.txt'],
    part=('train', 0.1),
    pipeline=cropped,
)
mosaic = dict(type='FinderMosaic', dataset=dict(whole, pipeline=tiled))
scenes = dict(
    type='FaceScenes',
    data_root=data_root,
    ann_file='wild/train.txt',
    folder='.',
    fields=199,
    exclude=('wild/photos', 'wild/crowds'),
    backgrounds=['empty'],
)
singles = ('wild/news', 'wild/street', 'wild/small')
turned = dict(scenes, exclude=(*scenes['exclude'], *singles))  # leaves the whole range of yaw
drawn = dict(
    type='FaceScenes',
    data_root=data_root,
    ann_file='drawn/WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_train.txt',
    folder='drawn/WFLW_images',
    fields=207,
    backgrounds=['empty'],
)
empty = dict(type='EmptyScenes', data_root=data_root, folders=['empty'])

train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='ResumableSampler', shuffle=False),
    dataset=dict(
        type='FinderMixture',
        datasets=[whole, mosaic, scenes, turned, drawn, empty],
        probs=(0.42, 0.16, 0.12, 0.20, 0.02, 0.08),
        length=12800,
        pipeline=train_pipeline,
    ),
)
loader = dict(
    batch_size=1,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
)
tested = dict(data_root=data_root, test_mode=True, pipeline=val_pipeline)
val_dataloader = dict(
    **loader,
    dataset=dict(
        **tested,
        type='FinderDataset',
        ann_files=['finder/train.txt', 'finder/photos.txt'],
        part=('val', 0.1),
    ),
)
test_dataloader = dict(
    **loader,
    dataset=dict(
        **tested,
        type='WFLWImages',
        ann_files=['wflw_sample/list_98pt_rect_attr_test.txt'],
        image_folder='wflw_sample/WFLW_images',
    ),
)
val_evaluator = dict(type='FaceFinderAccuracy')
test_evaluator = dict(type='FaceFinderAccuracy')
