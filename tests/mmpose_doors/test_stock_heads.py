"""This project's backbones under mmpose's own heads, codecs and COCO-style dataset."""

import json

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.runner import Runner

import pfld_mm.register  # noqa: F401
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

FIVE = [96, 97, 54, 76, 82]
NAMES = ('right pupil', 'left pupil', 'nose tip', 'right corner', 'left corner')
SWAPS = (1, 0, 2, 4, 3)
METAINFO = dict(
    dataset_name='five',
    keypoint_info={
        i: dict(
            name=name,
            id=i,
            color=[0, 255, 0],
            type='upper',
            swap='' if SWAPS[i] == i else NAMES[SWAPS[i]],
        )
        for i, name in enumerate(NAMES)
    },
    skeleton_info={},
    joint_weights=[1.0] * 5,
    sigmas=[0.05] * 5,
)
SIMCC = dict(type='SimCCLabel', input_size=(112, 112), sigma=(4.0, 4.0), simcc_split_ratio=2.0)
REGRESSION = dict(type='RegressionLabel', input_size=(112, 112))
HEADS = {
    'regression': (
        REGRESSION,
        dict(type='GlobalAveragePooling'),
        dict(type='RegressionHead', in_channels=128, num_joints=5, decoder=REGRESSION),
    ),
    'simcc': (
        SIMCC,
        dict(type='FeatureMapProcessor', select_index=3),
        dict(
            type='SimCCHead',
            in_channels=144,
            out_channels=5,
            input_size=SIMCC['input_size'],
            in_featuremap_size=(7, 7),
            simcc_split_ratio=2.0,
            deconv_out_channels=None,
            loss=dict(type='KLDiscretLoss', use_target_weight=True),
            decoder=SIMCC,
        ),
    ),
}


@pytest.fixture(scope='module')
def coco(tmp_path_factory):
    """Eight drawn faces of five points as a COCO keypoint file."""
    root = tmp_path_factory.mktemp('coco')
    images, annotations = [], []
    for i in range(8):
        image, points = render_face(sample_face(0, 'train', i))
        cv2.imwrite(str(root / f'{i}.jpg'), image)
        height, width = image.shape[:2]
        images.append(dict(id=i, file_name=f'{i}.jpg', height=height, width=width))
        (x, y), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        keypoints = np.column_stack([points[FIVE], np.full(5, 2)]).ravel().tolist()
        box = [x, y, right - x, bottom - y]
        annotation = dict(id=i, image_id=i, category_id=1, bbox=box, area=box[2] * box[3])
        annotations.append(annotation | dict(iscrowd=0, num_keypoints=5, keypoints=keypoints))
    content = dict(images=images, annotations=annotations, categories=[dict(id=1, name='face')])
    (root / 'faces.json').write_text(json.dumps(content))
    return root


@pytest.mark.parametrize('head', HEADS)
def test_one_epoch_and_a_test(head, coco, tmp_path):
    codec, neck, head_config = HEADS[head]
    steps = [
        dict(type='LoadImage'),
        dict(type='GetBBoxCenterScale'),
        dict(type='TopdownAffine', input_size=codec['input_size']),
    ]
    dataset = dict(
        type='CocoDataset',
        data_root=str(coco),
        ann_file='faces.json',
        metainfo=METAINFO,
        data_mode='topdown',
    )
    pack = dict(type='PackPoseInputs')
    train = [*steps, dict(type='GenerateTarget', encoder=codec), pack]
    loader = dict(batch_size=4, num_workers=0)
    model = dict(
        type='TopdownPoseEstimator',
        data_preprocessor=dict(
            type='PoseDataPreprocessor', mean=[0] * 3, std=[255] * 3, bgr_to_rgb=True
        ),
        backbone=dict(type='PFLDGhostNet', slim=True),
        neck=neck,
        head=head_config,
    )
    test = dict(
        **loader,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(**dataset, pipeline=[*steps, pack], test_mode=True),
    )
    runner = Runner.from_cfg(
        Config(
            dict(
                default_scope='mmpose',
                experiment_name=f'stock_{head}_{tmp_path.name}',
                work_dir=str(tmp_path),
                model=model,
                train_dataloader=dict(
                    **loader,
                    sampler=dict(type='DefaultSampler', shuffle=True),
                    dataset=dict(**dataset, pipeline=train),
                ),
                test_dataloader=test,
                train_cfg=dict(by_epoch=True, max_epochs=1),
                test_cfg=dict(),
                test_evaluator=dict(
                    type='NME', norm_mode='keypoint_distance', keypoint_indices=[0, 1]
                ),
                optim_wrapper=dict(optimizer=dict(type='Adam', lr=1e-3)),
            )
        )
    )
    before = {k: v.clone() for k, v in runner.model.backbone.named_parameters()}
    runner.train()
    moved = [not v.equal(before[k]) for k, v in runner.model.backbone.named_parameters()]
    assert np.mean(moved) > 0.8  # SimCC leaves the last map alone
    assert np.isfinite(runner.test()['NME'])
