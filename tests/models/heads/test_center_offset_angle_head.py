import math

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.structures import PoseDataSample

import pfld_mm.compat  # noqa: F401
from pfld_mm.codecs.center_offset_angle import CenterOffsetAngleLabel
from pfld_mm.models.backbones.lite_hrnet18 import LiteHRNet18
from pfld_mm.models.heads.center_offset_angle_head import CenterOffsetAngleHead
from pfld_mm.models.losses.center_softmax_loss import CenterSoftmaxLoss
from pfld_mm.models.necks.lite_fpn import LiteFPN

SIZE = (128, 64)
DECODER = dict(type='CenterOffsetAngleLabel', input_size=SIZE)


def sample(points=((41.0, 21.0), (90.0, 40.0)), visible=(1, 1), angle=0.1, decoys=(), mask=None):
    codec = CenterOffsetAngleLabel(SIZE)
    decoys = np.reshape(decoys, (-1, 2))
    labels = codec.encode(np.array([points]), np.array([visible]), angle, decoys, mask)
    fields = {k: labels[k] for k in codec.field_mapping_table}
    instances = {k: labels[k] for k in codec.label_mapping_table}
    packed = PoseDataSample()
    packed.gt_fields = PixelData(**fields).to_tensor()
    packed.gt_instance_labels = InstanceData(**instances).to_tensor()
    return packed


def perfect(one):
    """The output that the sample's labels ask for, (8, 16, 32)."""
    angle = one.gt_instance_labels.angle_labels.view(2, 1, 1).expand(2, 16, 32)
    return torch.cat([one.gt_fields.heatmaps, one.gt_fields.offsets, angle])


def feats(n=1, mask=True):
    torch.manual_seed(0)
    x = torch.randn(n, 16, 16, 32)
    return (x, torch.ones(n, 4, 64, 128)) if mask else (x,)


def head(**kwargs):
    torch.manual_seed(0)
    return CenterOffsetAngleHead(16, 8, decoder=DECODER, **kwargs)


@pytest.mark.parametrize('shared', [False, True])
def test_output_ranges(shared):
    out = head(shared=shared)(feats(2))
    assert out.shape == (2, 8, 16, 32)
    assert out[:, :2].min() > 0 and out[:, :2].max() < 1
    assert out[:, 2:6].abs().max() <= 0.5
    torch.testing.assert_close(out[:, 6:].square().sum(1), torch.ones(2, 16, 32))


@pytest.mark.parametrize('shared', [False, True])
def test_deployed_head_answers_the_same(shared):
    model = head(shared=shared, match_channels=4).eval()
    torch.nn.init.normal_(model.matcher.query[-1].weight)
    expected = model(feats(2))
    for _ in range(2):
        model.switch_to_deploy()
    assert len(model.outputs) == len(model.trunks)
    torch.testing.assert_close(model(feats(2)), expected)


def test_first_answer_is_a_tenth():
    zero = (torch.zeros(1, 16, 16, 32),)
    model = head()
    for trunk in model.trunks:
        torch.nn.init.zeros_(trunk[0].bias)
    assert model(zero)[:, :2].mean().item() == pytest.approx(1 / (1 + math.exp(2.19)), rel=1e-4)


def test_the_piece_is_laid_over_the_gap(monkeypatch):
    """With ``same_row`` alone: what the maps say of the distance gives way to the picture."""
    one = sample(points=((91.0, 30.0), (40.0, 30.0)))
    x, picture = feats(1)
    picture[0, :3] = torch.rand(3, 64, 128).cumsum(-1).sin()
    picture[0, :3, :, 20:60] = picture[0, :3, :, 68:108]  # 48 px apart, not 51
    for same_row, distance in ((False, 51), (True, 48)):
        model = CenterOffsetAngleHead(16, 8, decoder=dict(**DECODER, same_row=same_row))
        monkeypatch.setattr(model, 'forward', lambda feats: perfect(one)[None])
        ((gap, piece),) = model.predict((x, picture.abs()), [])[0].keypoints
        assert gap[0] - piece[0] == pytest.approx(distance, abs=0.1)
        assert gap[0] + piece[0] == pytest.approx(131, abs=1e-3)


def test_padding_never_wins():
    x, picture = feats(3)
    mask = picture[:, 3]
    mask[0, :, 80:] = 0
    mask[1] = 0
    mask[2, :, 125:] = 0  # a cell that is hardly picture still is picture
    mask[2, 1::4, 124] = 0
    model = head()
    out = model((x, picture))
    assert out[0, :2, :, 20:].max() == 0 and out[0, :2, :, :20].min() > 0
    assert out[2, :2].min() > 0
    for found in model.decode(out)[:1]:
        assert found.keypoints[..., 0].max() <= 80
    assert model.decode(out)[1].keypoint_scores.max() == 0


def test_padding_in_larger_cells():
    """The cells' size is known from both maps: here 8 pixels of the input."""
    picture = torch.ones(1, 4, 64, 128)
    picture[:, 3, :, 81:] = 0  # the eleventh column of cells has one column of pixels
    heat = head()((torch.randn(1, 16, 8, 16), picture))[:, :2]
    assert heat[..., :11].min() > 0 and heat[..., 11:].max() == 0


def test_predict_gives_points_scores_angle_and_heatmaps():
    model = head()
    preds, fields = model.predict(feats(2), [], dict(output_heatmaps=True))
    assert preds[0].keypoints.shape == (1, 2, 2)
    assert preds[0].keypoint_scores.shape == (1, 2)
    assert preds[0].angle.shape == (1,)
    assert fields[1].heatmaps.shape == (2, 16, 32)
    assert len(model.predict(feats(2), [])) == 2


def test_decode_reads_what_the_labels_say():
    one = sample(angle=-0.02)
    found = head().decode(perfect(one)[None])[0]
    np.testing.assert_allclose(found.keypoints, [[[41, 21], [90, 40]]], atol=1e-4)
    assert found.angle[0] == pytest.approx(-0.02, abs=1e-6)


def test_without_decoder():
    with pytest.raises(RuntimeError, match='decoder'):
        CenterOffsetAngleHead(16, 8).decode(torch.zeros(1, 8, 4, 4))


def test_losses_follow_the_seed_on_one_sample():
    """All terms against the formulas of seed 004, sections 1 to 5, with our labels."""
    one = sample(decoys=[(60.0, 30.0), (20.0, 50.0)])
    model = head()
    out = model(feats())[0]
    losses = model.loss(feats(), [one])
    heat, offsets = one.gt_fields.heatmaps, one.gt_fields.offsets
    near = heat > 0.7
    for k, name in enumerate(('loss_gap', 'loss_piece')):
        p, y = out[k], heat[k]
        pos = y >= 0.9
        cells = torch.where(
            pos,
            -torch.log(p + 1e-7) * (1 - p) ** 1.5,
            -torch.log(1 - p + 1e-7) * p**1.5 * (1 - y) ** 4,
        )
        torch.testing.assert_close(losses[name], cells.mean())
    offset = sum(
        (0.5 * (out[2 + c : 4 + c] - offsets[c : c + 2]) ** 2 * near[k]).sum() / near[k].sum()
        for k, c in ((0, 0), (1, 2))
    )
    torch.testing.assert_close(losses['loss_offset'], offset)
    cosine = out[6] * math.sin(0.1) + out[7] * math.cos(0.1)
    expected = 0.2 * ((1 - cosine) * near[0]).sum() / near[0].sum()
    torch.testing.assert_close(losses['loss_angle'], expected)
    assert losses['loss_decoy'].item() == pytest.approx(0.25, abs=0.1)
    total = (losses['loss_gap'] + losses['loss_piece']).detach()
    torch.testing.assert_close(model.sample_losses[0], total / 2)


@pytest.mark.parametrize(
    ('changes', 'silent'),
    [
        (dict(visible=(1, 0)), {'loss_piece', 'loss_decoy'}),
        (dict(angle=None), {'loss_angle', 'loss_decoy'}),
        (dict(decoys=[(500.0, 500.0)]), {'loss_decoy'}),
        (dict(visible=(0, 1), decoys=[(9.0, 9.0)]), {'loss_gap', 'loss_angle', 'loss_decoy'}),
        (dict(mask=np.zeros((64, 128), np.float32), decoys=[(9.0, 9.0)]), 'all'),
    ],
)
def test_what_is_not_labelled_adds_nothing(changes, silent):
    model = head()
    losses = model.loss(feats(), [sample(**changes)])
    sum(losses.values()).backward()
    grads = [p.grad for p in model.parameters()]
    assert all(g is not None and g.isfinite().all() for g in grads)
    if silent == 'all':
        silent = set(losses)
    assert {name for name, value in losses.items() if value.item() == 0} == silent


def test_a_sample_without_labels_does_not_change_the_others():
    """With the normaliser of the seed, sums over weights, an empty sample is as if not there."""
    model, x = head(), feats(2)
    full = sample(decoys=[(60.0, 30.0)])
    empty = sample(visible=(0, 0), angle=None)
    alone = model.loss([f[:1] for f in x], [full])
    both = model.loss(x, [full, empty])
    for name in alone:
        torch.testing.assert_close(both[name], alone[name])


def test_the_peak_loss_is_of_the_logits_and_comes_when_asked_for():
    one = sample(visible=(1, 0))
    model = head(loss_peak=dict(type='CenterSoftmaxLoss', loss_weight=0.5))
    gap = model.forward(feats())[:, :1].logit()
    expected = CenterSoftmaxLoss(loss_weight=0.5)(gap, one.gt_fields.heatmaps[None, :1])
    torch.testing.assert_close(model.loss(feats(), [one])['loss_peak'], expected)


def test_losses_are_float32_under_autocast():
    model = head()
    with torch.autocast('cpu', torch.bfloat16):
        losses = model.loss(feats(), [sample(decoys=[(9.0, 9.0)])])
    assert {value.dtype for value in losses.values()} == {torch.float32}
    sum(losses.values()).backward()


def test_two_iterations_of_the_whole_network_change_it():
    torch.manual_seed(0)
    backbone = LiteHRNet18(0.25, separable=True)
    neck = LiteFPN(backbone.out_channels, 16, separable=True)
    model = torch.nn.ModuleList([backbone, neck, head(shared=True)])
    optimiser = torch.optim.SGD(model.parameters(), 0.01)
    batch = [sample(decoys=[(60.0, 30.0)]), sample(visible=(1, 0), angle=None)]
    x = torch.rand(2, 4, 64, 128)
    kernels = [p for p in model.parameters() if p.dim() == 4]
    before = [p.detach().clone() for p in kernels]
    values = []
    for _ in range(2):
        optimiser.zero_grad()
        loss = sum(model[2].loss(neck(backbone(x)), batch).values())
        loss.backward()
        optimiser.step()
        values.append(loss.item())
    assert values[1] < values[0]
    changed = [not torch.equal(a, b) for a, b in zip(before, kernels, strict=True)]
    assert all(changed)
