from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

import pfld_mm.register  # noqa: F401
from pfld_mm.codecs.face_map import FaceMapLabel
from pfld_mm.core.finder.decode import decode_faces

CONFIG = Path(__file__).parents[3] / 'configs/face_finder.py'


@pytest.fixture
def model():
    init_default_scope('mmpose')
    torch.manual_seed(0)
    return MODELS.build(Config.fromfile(CONFIG).model)


def labels():
    """Two images of 96 x 64 pixels with a face, and with none."""
    codec, samples = FaceMapLabel((96, 64)), []
    for boxes in (np.array([[20.0, 10, 60, 50]]), np.zeros((0, 4))):
        sample = PoseDataSample()
        maps = codec.encode(boxes, np.full((len(boxes), 5, 2), 40.0))
        from mmengine.structures import PixelData

        sample.gt_fields = PixelData(**{k: torch.from_numpy(v) for k, v in maps.items()})
        samples.append(sample)
    return samples


def test_shapes_and_initial_scores(model):
    model.eval()
    output = model(torch.zeros(2, 3, 64, 96))
    assert output.shape == (2, 15, 8, 12)
    assert 0 < output[:, 0].min() and output[:, 0].max() < 0.1


def test_losses_fall_when_it_learns_one_batch(model):
    images, samples = torch.randn(2, 3, 64, 96), labels()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    totals = []
    for _ in range(25):
        losses = model(images, samples, mode='loss')
        assert set(losses) == {'loss_heatmap', 'loss_box', 'loss_points'}
        total = sum(losses.values())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert np.isfinite(totals).all() and totals[-1] < 0.5 * totals[0]


def test_predictions_are_in_pixels_of_the_original(model):
    model.eval()
    image = torch.randn(1, 3, 64, 96)
    model.test_cfg = dict(min_score=1e-4)
    sample = PoseDataSample(metainfo=dict(input_zoom=0.5))
    (found,) = model(image, [sample], mode='predict')
    boxes, scores, points = decode_faces(model(image).detach().numpy()[0], 1e-4)
    np.testing.assert_allclose(found.pred_instances.bboxes, boxes * 2 + 0.5, atol=1e-3)
    np.testing.assert_allclose(found.pred_instances.keypoints, points * 2 + 0.5, atol=1e-3)
    np.testing.assert_allclose(found.pred_instances.bbox_scores, scores)


def test_deployed_form_is_the_same_and_idempotent(model):
    with torch.no_grad():
        for _ in range(3):
            model(torch.randn(4, 3, 64, 96))
        model.eval()
        image = torch.randn(1, 3, 64, 96)
        before = model(image)
        model.switch_to_deploy()
        model.switch_to_deploy()
        assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules())
        torch.testing.assert_close(model(image), before, rtol=1e-4, atol=1e-5)


def test_it_is_as_small_as_promised(model):
    macs = 0

    def count(conv, _, output):
        nonlocal macs
        macs += output.numel() * conv.weight[0].numel()

    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    model.eval()(torch.zeros(1, 3, 640, 640))
    assert macs <= 0.3e9
    assert 4 * sum(p.numel() for p in model.parameters()) < 1.2e6


def test_unknown_modes_are_refused(model):
    with pytest.raises(ValueError, match="'tensor', 'loss' or 'predict'"):
        model(torch.zeros(1, 3, 32, 32), mode='train')
