import numpy as np
import pytest
import torch
from helpers.liven import liven
from helpers.networks import build
from helpers.runs import ROOT
from mmengine.config import Config
from mmengine.runner.checkpoint import _load_checkpoint

from pfld_mm.checkpoints.publish import (
    dataset_meta,
    in_half,
    slice_keypoints,
    write_checkpoint,
)
from pfld_mm.engine.config import load_config


@pytest.mark.parametrize(('first', 'count'), [(0, 98), (98, 68)])
def test_the_parts_are_the_whole_models_points(first, count):
    options = dict(width_factor=0.125, num_conv_branches=2)
    whole = build('ghostone', num_keypoints=166, **options)
    liven(whole)
    part = build('ghostone', num_keypoints=count, **options)
    part.load_state_dict(slice_keypoints(whole.state_dict(), first, count), strict=True)
    image = torch.rand(2, 3, 112, 112)
    with torch.no_grad():
        expected = whole.eval()(image, None)[:, first : first + count]
        torch.testing.assert_close(part.eval()(image, None), expected)


@pytest.mark.parametrize(('first', 'count'), [(-1, 3), (4, 2), (0, 0)])
def test_points_that_are_not_there(first, count):
    with pytest.raises(ValueError, match='the model has 5 points'):
        slice_keypoints({'head.fc.weight': torch.zeros(10, 4)}, first, count)


def test_another_kind_of_model():
    with pytest.raises(ValueError, match=r'PFLDHead, found no head\.fc\.weight'):
        slice_keypoints({'head.conv.weight': torch.zeros(10, 4)}, 0, 1)


def test_branches_for_training_stay_behind():
    state = {'head.fc.weight': torch.zeros(4, 2), 'head.fc.bias': torch.zeros(4), 'head.x': 1}
    assert set(slice_keypoints(state, 0, 1)) == {'head.fc.weight', 'head.fc.bias'}


def test_half_is_half_and_loads_into_a_model():
    linear = torch.nn.Linear(3, 2)
    state = dict(linear.state_dict(), large=torch.tensor([1e6]), count=torch.tensor(3))
    halved = in_half(state)
    assert halved['weight'].dtype == torch.float16
    assert halved['large'].dtype == torch.float32 and halved['count'].dtype == torch.int64
    other = torch.nn.Linear(3, 2)
    other.load_state_dict({name: halved[name] for name in ('weight', 'bias')})
    assert other.weight.dtype == torch.float32
    assert torch.allclose(other.weight, linear.weight, rtol=1e-3)


@pytest.mark.parametrize(
    ('config', 'points'),
    [
        ('pfld_ghostone_finetune', 98),
        ('pfld_ghostone_finetune_300w', 68),
        ('pfld_ghostone_two_markups', 166),
        ('face_finder', 5),
        ('litehrnet18_fast_slider', 2),  # the first dataset has no mark-up, the second has
    ],
)
def test_a_published_checkpoint_says_what_its_points_are(config, points, tmp_path):
    cfg = load_config(ROOT / f'configs/{config}.py')
    file = tmp_path / 'model.pth'
    write_checkpoint(file, {'weight': torch.ones(2)}, cfg)
    assert torch.load(file, weights_only=True)['state_dict']['weight'].tolist() == [1, 1]
    meta = _load_checkpoint(str(file))['meta']['dataset_meta']
    assert meta['num_keypoints'] == points and len(meta['flip_indices']) == points
    assert isinstance(meta['keypoint_colors'], np.ndarray)


def test_a_dataset_without_a_mark_up(tmp_path):
    cfg = load_config(ROOT / 'configs/face_finder.py')
    empty = next(one for one in cfg.train_dataloader.dataset.datasets if one.type == 'EmptyScenes')
    cfg = Config(dict(train_dataloader=dict(dataset=empty)))
    assert dataset_meta(cfg) is None
    write_checkpoint(tmp_path / 'model.pth', {'weight': torch.ones(2)}, cfg)
    assert torch.load(tmp_path / 'model.pth', weights_only=True)['meta'] == {}


def test_no_dataset_meta_is_read_as_none_given(tmp_path):
    """mmpose's inferencer would take None as it is; without the key it asks the config."""
    file = tmp_path / 'model.pth'
    state_dict = {'weight': torch.ones(2)}
    torch.save(dict(state_dict=state_dict, meta=dict(dataset_meta=None, epoch=3)), file)
    assert _load_checkpoint(str(file))['meta'] == {'epoch': 3}
