import numpy as np
import pytest
import torch
from helpers.slider_maps import rows
from helpers.tiny_slider import build_tiny_slider
from mmengine.dataset import default_collate
from mmpose.registry import DATASETS

import pfld_mm.register  # noqa: F401

INPUT_SIZE = (256, 128)
CODEC = dict(type='CenterOffsetAngleLabel', input_size=INPUT_SIZE)
GENERATOR = dict(type='pfld_mm.synth.puzzles.generator.PuzzleGenerator', seed=5, piece=1.0)
VERIFIER = dict(type='PairVerifier', channels=(8, 8, 8, 8), hidden_channels=8)


def build(verifier=VERIFIER, train_stage='verifier', **kwargs):
    return build_tiny_slider(verifier=verifier, train_stage=train_stage, **kwargs)


def batch(model, count=2, labels=False):
    """Whole puzzles."""
    pipeline = [
        dict(type='LoadImage'),
        dict(type='GetBBoxCenterScale', padding=1.0),
        dict(type='LetterboxAffine', input_size=INPUT_SIZE),
        *([dict(type='GenerateTarget', encoder=CODEC)] if labels else []),
        dict(type='PackPoseInputs'),
    ]
    dataset = dict(type='SliderSyntheticDataset', generator=GENERATOR, pipeline=pipeline)
    return collate(model, DATASETS.build(dict(dataset, length=count)))


def pairs(model, count=2):
    puzzles = dict(
        type='pfld_mm.datasets.slider.puzzle_letterboxer.PuzzleLetterboxer', generator=GENERATOR
    )
    dataset = dict(type='SliderPairs', generator=puzzles, length=count, pairs=3, pipeline=[])
    return collate(model, DATASETS.build(dataset))


def collate(model, dataset):
    return model.data_preprocessor(default_collate([dataset[i] for i in range(len(dataset))]), True)


def changed_by_a_step(model, data):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.1)
    losses = model(**data, mode='loss')
    sum(losses.values()).backward()
    optimizer.step()
    after = model.state_dict()
    return losses, {name for name in before if not torch.equal(after[name], before[name])}


def test_the_verifier_is_trained_and_nothing_else():
    model = build().train()
    losses, changed = changed_by_a_step(model, pairs(model))
    names = ('edges', 'edges_l1', 'masks', 'match', 'pair_angle')
    assert set(losses) == {f'loss_{name}' for name in names}
    assert changed and all(name.startswith('verifier.') for name in changed)
    assert 'verifier.fine.0.bn.running_mean' in changed
    kernels = {n for n, p in model.verifier.named_parameters() if p.dim() > 1}
    assert {f'verifier.{name}' for name in kernels} <= changed


def test_the_proposal_network_is_trained_and_nothing_else():
    model = build(train_stage='proposal').train()
    losses, changed = changed_by_a_step(model, batch(model, labels=True))
    assert {'loss_gap', 'loss_piece', 'loss_offset'} <= set(losses)
    assert changed and not any(name.startswith('verifier.') for name in changed)
    assert any(name.endswith('running_mean') for name in changed)


def test_pairs_of_all_puzzles_come_in_the_order_of_their_labels():
    model, seen = build(), {}
    data = pairs(model)

    def note(squares, labels):
        seen.update(squares=squares, labels=labels)
        return dict(loss=squares.sum())

    model.verifier.loss = note
    model(**data, mode='loss')
    torch.testing.assert_close(seen['squares'][4], data['inputs'][1, 6:12])
    second = torch.from_numpy(data['data_samples'][1].gt_instance_labels.boxes)
    torch.testing.assert_close(seen['labels']['boxes'][4], second[1])
    assert seen['squares'].shape == (6, 6, 160, 160) and len(seen['labels']['matches']) == 6


def test_eval_switches_all_of_it():
    for stage in ('proposal', 'verifier'):
        model = build(train_stage=stage).train().eval()
        assert not any(module.training for module in model.modules())


def test_the_proposal_network_alone_has_the_same_weights():
    whole, alone = build(), build(verifier=None, train_stage='proposal')
    missing = alone.load_state_dict(whole.state_dict(), strict=False)
    assert not missing.missing_keys
    assert all(key.startswith('verifier.') for key in missing.unexpected_keys)
    data = batch(alone)
    outputs = [one.eval()(**data, mode='tensor') for one in (whole, alone)]
    torch.testing.assert_close(*outputs)


def test_padding_has_no_score():
    model = build().eval()
    data = batch(model)
    data['inputs'][0, 3] = 1
    data['inputs'][0, :, -40:] = 0
    output = model(**data, mode='tensor')
    assert output.shape == (2, 8, 32, 64)
    assert output[0, :2, -10:].max() == 0 and output[0, :2, :-10].min() > 0


def test_predict_runs_its_cascade_on_every_image(monkeypatch):
    model = build().eval()
    data = batch(model)
    verifier = torch.from_numpy(rows(9.0, angle=0.3))
    monkeypatch.setattr(model.verifier, 'forward', lambda x: verifier.expand(len(x), -1))
    samples = model(**data, mode='predict')
    for sample, tensor in zip(samples, data['inputs'], strict=True):
        image = (255 * tensor).round().byte().permute(1, 2, 0).numpy()
        expected = model.cascade(image)
        found = sample.pred_instances
        zoom = INPUT_SIZE / np.array(sample.input_scale)
        corner = sample.input_center - np.array(sample.input_scale) / 2
        # in the image the center of pixel (0, 0) is at (0, 0)
        in_image = expected.points / zoom + corner - 0.5
        np.testing.assert_allclose(found.keypoints[0], in_image, atol=1e-3)
        np.testing.assert_allclose(found.keypoint_scores[0], expected.scores, rtol=1e-5)
        assert found.angle[0] == pytest.approx(expected.angle, abs=1e-6)


def test_heatmaps_are_the_score_maps():
    model = build().eval()
    data = batch(model)
    model.test_cfg = dict(output_heatmaps=True)
    fields = [sample.pred_fields.heatmaps for sample in model(**data, mode='predict')]
    torch.testing.assert_close(torch.stack(fields), model(**data, mode='tensor')[:, :2])


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(verifier=None), 'needs model.verifier'),
        (dict(train_stage='both'), "'proposal' or 'verifier', found 'both'"),
        (dict(cascade=dict(same_row=False)), 'same_row=True'),
        (dict(cascade=dict(square_size=64)), 'verifier.square_size is 160, cascade.square_size 64'),
        (dict(cascade=dict(most=3)), 'unknown keys'),
    ],
)
def test_configs_that_do_not_fit(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(**kwargs)
