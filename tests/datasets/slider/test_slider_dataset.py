import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope

import pfld_mm.compat  # noqa: F401
from pfld_mm.codecs.center_offset_angle import CenterOffsetAngleLabel  # noqa: F401
from pfld_mm.datasets.face.unusable_sample import UnusableSample
from pfld_mm.datasets.slider.slider_dataset import SliderDataset
from pfld_mm.datasets.transforms.letterbox_affine import LetterboxAffine  # noqa: F401

PIPELINE = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='LetterboxAffine', input_size=(128, 64)),
    dict(type='GenerateTarget', encoder=dict(type='CenterOffsetAngleLabel', input_size=(128, 64))),
    dict(type='PackPoseInputs'),
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'img').mkdir()
    for name, size in (('a.png', (100, 200)), ('b.png', (120, 80)), ('c.png', (64, 128))):
        cv2.imwrite(str(tmp_path / 'img' / name), np.full((*size, 3), 100, np.uint8))
    (tmp_path / 'labels.csv').write_text(
        'image,gap_x,gap_y,piece_x,piece_y,angle_deg,decoys\n'
        'a.png,150,50,30,52,90,60 20;10 10\n'
        'b.png,40,60,,,,\n'
        'c.png,1,1,,,,\n'
    )
    return tmp_path


def build(folder, **kwargs):
    init_default_scope('mmpose')
    kwargs = dict(data_root=str(folder), data_prefix=dict(img='img'), pipeline=PIPELINE) | kwargs
    return SliderDataset('labels.csv', **kwargs)


def test_a_sample_through_the_whole_pipeline(folder):
    packed = build(folder)[0]
    assert packed['inputs'].shape == (4, 64, 128) and packed['inputs'].dtype == torch.uint8
    sample = packed['data_samples']
    assert sample.img_id == 0 and sample.ori_shape == (100, 200)
    assert sample.raw_ann_info['decoys'] == [[59.5, 19.5], [9.5, 9.5]]
    # the labels count from the image's corner, mmpose from the center of the first pixel
    assert sample.gt_instances.keypoints.tolist() == [[[149.5, 49.5], [29.5, 51.5]]]
    labels = sample.gt_instance_labels
    # letterboxed by 0.64 to 128 x 64, then a quarter
    torch.testing.assert_close(
        labels.center_labels, torch.tensor([[[24.0, 8.0], [4.8, 8.32]]]), atol=1e-5, rtol=0
    )
    torch.testing.assert_close(labels.angle_labels, torch.tensor([[1.0, 0.0]]), atol=1e-6, rtol=0)
    torch.testing.assert_close(labels.decoy_labels[0, 0], torch.tensor([9.6, 3.2]))
    assert sample.gt_fields.heatmaps.shape == (2, 16, 32)


def test_missing_labels_have_no_weight(folder):
    labels = build(folder)[1]['data_samples'].gt_instance_labels
    assert labels.keypoint_weights.tolist() == [[1, 0]]
    assert labels.angle_weights.tolist() == [[0]]
    assert labels.decoy_labels.shape == (1, 0, 2)


def test_hard_examples_fill_the_epoch(folder):
    dataset = build(folder)
    dataset.set_hard_examples([2])
    assert [dataset[i]['data_samples'].img_id for i in range(3)] == [2, 2, 2]
    dataset.set_hard_examples([])
    dataset.set_epoch(7)
    assert [dataset[i]['data_samples'].img_id for i in range(3)] == [0, 1, 2]


def test_metainfo_has_two_points_and_no_flip(folder):
    meta = build(folder, lazy_init=True).metainfo
    assert meta['num_keypoints'] == 2
    assert meta['keypoint_id2name'] == {0: 'gap', 1: 'piece'}
    assert meta['flip_pairs'] == [] and list(meta['flip_indices']) == [0, 1]


def test_missing_image_is_named_with_its_line(folder):
    (folder / 'img' / 'b.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'labels\.csv, line 3: no image .*b\.png'):
        build(folder)


def test_unreadable_image_stops_a_test_and_is_replaced_in_training(folder):
    (folder / 'img' / 'b.png').write_bytes(b'no image')
    with pytest.raises(UnusableSample, match=r'line 3: .*b\.png: '):
        build(folder, test_mode=True)[1]
    assert build(folder)[1]['data_samples'].img_id in (0, 2)


def test_too_many_unreadable_images_end_training(folder):
    for name in 'abc':
        (folder / 'img' / f'{name}.png').write_bytes(b'no image')
    with pytest.raises(RuntimeError, match='cannot be used'):
        build(folder)[0]
