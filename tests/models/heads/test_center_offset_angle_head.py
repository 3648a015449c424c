import math

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.structures import PoseDataSample

import pfld_mm.compat  # noqa: F401
from pfld_mm.codecs.center_offset_angle import CenterOffsetAngleLabel
from pfld_mm.core.slider.decode import decode_slider
from pfld_mm.models.backbones.lite_hrnet18 import LiteHRNet18
from pfld_mm.models.heads.center_offset_angle_head import CenterOffsetAngleHead
from pfld_mm.models.losses.center_softmax_loss import CenterSoftmaxLoss
from pfld_mm.models.necks.lite_fpn import LiteFPN

SIZE = (128, 64)


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


def feats(n=1):
    torch.manual_seed(0)
    return (torch.randn(n, 16, 16, 32),)


def valid(n=1):
    return torch.ones(n, 1, 64, 128)


def head(**kwargs):
    torch.manual_seed(0)
    return CenterOffsetAngleHead(16, 8, **kwargs)


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


def test_padding_never_wins():
    mask = valid(3)
    mask[0, ..., 80:] = 0
    mask[1] = 0
    mask[2, ..., 125:] = 0  # a cell that is hardly image still is image
    mask[2, :, 1::4, 124] = 0
    out = head()(feats(3), mask)
    assert out[0, :2, :, 20:].max() == 0 and out[0, :2, :, :20].min() > 0
    assert out[1, :2].max() == 0
    assert out[2, :2].min() > 0


def test_padding_in_larger_cells():
    """The cells' size is known from both shapes: here 8 pixels of the input."""
    mask = valid()
    mask[..., 81:] = 0  # the eleventh column of cells has one column of pixels
    scores = head()((torch.randn(1, 16, 8, 16),), mask)[:, :2]
    assert scores[..., :11].min() > 0 and scores[..., 11:].max() == 0


def test_without_a_mask_all_is_valid():
    torch.testing.assert_close(head()(feats(2)), head()(feats(2), valid(2)))


def test_the_mask_counts_in_the_losses():
    """Padding has score 0, which the focal loss of the background does not punish."""
    model, mask = head(), valid()
    mask[..., 64:] = 0
    one = sample(points=((41.0, 21.0), (20.0, 40.0)))
    whole, half = (model.loss(feats(), [one], m)['loss_gap'].item() for m in (valid(), mask))
    assert half < 0.8 * whole


def test_offsets_reach_as_far_as_the_codec_says():
    near, far = head()(feats()), head(offset_reach=2.0)(feats())
    torch.testing.assert_close(far[:, 2:6], 4 * near[:, 2:6])


def test_decode_reads_what_the_labels_say():
    one = sample(angle=-0.02)
    points, _, angle = decode_slider(perfect(one).numpy())
    np.testing.assert_allclose(points, [[41, 21], [90, 40]], atol=1e-4)
    assert angle == pytest.approx(-0.02, abs=1e-6)


def test_losses_follow_the_formulas_on_one_sample():
    """All terms, written out."""
    one = sample(decoys=[(60.0, 30.0), (20.0, 50.0)])
    model = head()
    out = model(feats())[0]
    losses = model.loss(feats(), [one])
    heatmap, offsets = one.gt_fields.heatmaps, one.gt_fields.offsets
    near = heatmap > 0.7
    for k, name in enumerate(('loss_gap', 'loss_piece')):
        p, y = out[k], heatmap[k]
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
    """With the default normalizer, sums over weights, an empty sample is as if not there."""
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
