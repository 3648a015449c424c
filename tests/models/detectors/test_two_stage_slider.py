import numpy as np
import pytest
import torch
from helpers.tiny_slider import build_tiny_slider
from mmengine.dataset import default_collate
from mmpose.registry import DATASETS, MODELS

import pfld_mm.register  # noqa: F401

CODEC = dict(type='CenterOffsetAngleLabel', input_size=(256, 128), same_row=True)
GENERATOR = dict(type='pfld_mm.synth.puzzles.generator.PuzzleGenerator', seed=5, piece=1.0)
REFINER = dict(type='PairVerifier', channels=(8, 8, 8, 8), hidden=8)


def build(kind='TwoStageSlider', refiner=REFINER):
    return build_tiny_slider(kind, decoder=CODEC, refiner=refiner)


def batch(model, count=2):
    """Whole puzzles, as in a test."""
    pipeline = [
        dict(type='LoadImage'),
        dict(type='GetBBoxCenterScale', padding=1.0),
        dict(type='LetterboxAffine', input_size=CODEC['input_size']),
        dict(type='PackPoseInputs'),
    ]
    dataset = dict(type='SliderSyntheticDataset', generator=GENERATOR, pipeline=pipeline)
    return collate(model, DATASETS.build(dict(dataset, length=count)))


def pairs(model, count=2):
    puzzles = dict(
        type='pfld_mm.datasets.slider.slider_pairs.LetterboxedPuzzles', generator=GENERATOR
    )
    dataset = dict(type='SliderPairs', generator=puzzles, length=count, pairs=3, pipeline=[])
    return collate(model, DATASETS.build(dataset))


def collate(model, dataset):
    return model.data_preprocessor(default_collate([dataset[i] for i in range(len(dataset))]), True)


def test_it_trains_the_refiner_and_nothing_else():
    model = build().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    losses = model(**pairs(model), mode='loss')
    names = ('edges', 'edges_l1', 'masks', 'match', 'pair_angle')
    assert set(losses) == {f'loss_{name}' for name in names}
    sum(losses.values()).backward()
    optimiser.step()
    changed = {
        name for name, value in model.state_dict().items() if not torch.equal(value, before[name])
    }
    assert changed and all(name.startswith('head.refiner.') for name in changed)
    assert 'head.refiner.fine.0.bn.running_mean' in changed
    kernels = {n for n, p in model.head.refiner.named_parameters() if p.dim() > 1}
    assert {f'head.refiner.{name}' for name in kernels} <= changed


def test_pairs_of_all_puzzles_come_in_the_order_of_their_labels():
    model, seen = build(), {}
    data = pairs(model)

    def note(squares, labels):
        seen.update(squares=squares, labels=labels)
        return dict(loss=squares.sum())

    model.head.refiner.loss = note
    model(**data, mode='loss')
    torch.testing.assert_close(seen['squares'][4], data['inputs'][1, 6:12])
    second = torch.from_numpy(data['data_samples'][1].gt_instance_labels.boxes)
    torch.testing.assert_close(seen['labels']['boxes'][4], second[1])
    assert seen['squares'].shape == (6, 6, 160, 160) and len(seen['labels']['matches']) == 6


def test_eval_switches_all_of_it():
    model = build().train().eval()
    assert not any(module.training for module in model.modules())


def test_its_checkpoint_is_that_of_the_model_that_is_used():
    trained, used = build(), build('TopdownPoseEstimator')
    used.load_state_dict(trained.state_dict(), strict=True)
    data = batch(used)
    outputs = [one.eval()(**data, mode='tensor') for one in (trained, used)]
    torch.testing.assert_close(*outputs)


def test_the_first_look_sees_the_puzzles_upside_down_too(monkeypatch):
    model, seen = build().eval(), []
    data = batch(model)
    monkeypatch.setattr(
        'pfld_mm.models.heads.center_offset_angle_head.refine',
        lambda picture, output, first, network, mirrored: seen.append(mirrored()) or first(),
    )
    model(**data, mode='predict')
    expected = model(data['inputs'].flip(-2), data['data_samples'], mode='tensor')
    np.testing.assert_allclose(seen, expected.detach(), atol=1e-5)


def test_without_a_refiner_there_is_nothing_to_train():
    with pytest.raises(ValueError, match='head with a refiner'):
        build(refiner=None)


def test_a_refiner_wants_one_row():
    with pytest.raises(ValueError, match='same_row=True'):
        MODELS.build(
            dict(
                type='CenterOffsetAngleHead',
                decoder={**CODEC, 'same_row': False},
                refiner=REFINER,
            )
        )


def test_the_second_look_has_the_last_word(monkeypatch):
    model = build('TopdownPoseEstimator').eval()
    data = batch(model)
    first = model(**data, mode='predict')[0].pred_instances
    answer = torch.tensor([[30.0, 30, 50, 50, 20, 30, 40, 50, 9.0, 0.25]])
    monkeypatch.setattr(model.head.refiner, 'forward', lambda x: answer.expand(len(x), -1))
    second = model(**data, mode='predict')[0].pred_instances
    assert not np.allclose(first.keypoints, second.keypoints)
    assert second.angle[0] == 0.25  # the median of five views, of which two are mirrored
    assert second.keypoints[0, 0, 1] == pytest.approx(second.keypoints[0, 1, 1])
    answer = torch.tensor([[30.0, 40, 50, 60, 20, 40, 40, 60, 9.0, 0.0]])
    third = model(**data, mode='predict')[0].pred_instances
    height, width = data['data_samples'][0].ori_shape
    zoom = min(256 / width, 128 / height)
    assert (third.keypoints - second.keypoints)[..., 1] == pytest.approx(10 / zoom, rel=1e-3)
    answer = torch.tensor([[30.0, 40, 50, 60, 20, 40, 40, 60, -0.1, 0.25]])  # no match
    fourth = model(**data, mode='predict')[0].pred_instances
    with_first = build('TopdownPoseEstimator', refiner=None).eval()
    with_first.load_state_dict(model.state_dict(), strict=False)
    expected = with_first(**data, mode='predict')[0].pred_instances
    np.testing.assert_allclose(fourth.keypoint_scores, expected.keypoint_scores)
    np.testing.assert_allclose(fourth.angle, expected.angle)
    assert fourth.keypoints[0, 0, 1] == fourth.keypoints[0, 1, 1]
    away = (fourth.keypoints - expected.keypoints)[0, 0, 1] * zoom
    assert away == pytest.approx(50 - 80, abs=1)  # the gap's box in its square, to a pixel
