import json
import math

import numpy as np
import pytest

import pfld_mm.compat  # noqa: F401
from pfld_mm.evaluation.slider_accuracy import SliderAccuracy


def sample(gap_off=(0, 0), piece_off=(0, 0), visible=(1, 1), angle=None, decoys=(), width=620):
    truth = np.array([[[400.0, 100.0], [60.0, 100.0]]])
    pred = truth + np.array([[gap_off, piece_off]])
    return dict(
        pred_instances=dict(
            keypoints=pred, keypoint_scores=np.array([[0.9, 0.8]]), angle=np.array([0.1])
        ),
        gt_instances=dict(keypoints=truth, keypoints_visible=np.array([visible])),
        raw_ann_info=dict(angle=angle, decoys=list(decoys)),
        ori_shape=(310, width),
        img_path='a.png',
    )


def evaluate(samples, **kwargs):
    metric = SliderAccuracy(**kwargs)
    metric.process([], samples)
    return metric.evaluate(len(samples))


def test_hits_are_euclidean_and_the_bound_counts():
    figures = evaluate([sample((3, 4)), sample((0, 1)), sample((0, 0)), sample((30, 40))])
    hits = {t: figures[f'slider/gap/hit@{t}'] for t in (1, 2, 3, 5, 7)}
    assert hits == {1: 0.5, 2: 0.5, 3: 0.5, 5: 0.75, 7: 0.75}
    assert figures['slider/gap_x/hit@3'] == 0.75
    assert figures['slider/gap/mae'] == pytest.approx((5 + 1 + 0 + 50) / 4)
    assert figures['slider/gap/p95'] == pytest.approx(np.percentile([5, 1, 0, 50], 95))
    assert figures['slider/piece/hit@1'] == 1


def test_distance_is_what_the_slider_travels():
    figures = evaluate([sample((4, 0), (4, 0)), sample((4, 0), (-4, 0))])
    assert figures['slider/distance/mae'] == 4
    assert figures['slider/distance/hit@7'] == 0.5


def test_reference_width_scales_by_the_image():
    figures = evaluate([sample((8, 0), width=1240)], reference_width=620)
    assert figures['slider/gap/mae'] == 4
    assert evaluate([sample((8, 0), width=1240)])['slider/gap/mae'] == 8


def test_what_is_not_labelled_is_left_out():
    figures = evaluate([sample((1, 0), visible=(1, 0)), sample((9, 0), visible=(0, 1))])
    assert figures['slider/gap/mae'] == 1
    assert figures['slider/piece/mae'] == 0
    assert not any('distance' in k or 'angle' in k or 'decoy' in k for k in figures)


def test_angles_wrap():
    figures = evaluate([sample(angle=0.1 + math.radians(3)), sample(angle=0.1 - math.radians(355))])
    assert figures['slider/angle/mae'] == pytest.approx(4)


def test_ratio_on_decoys():
    far, near = (500.0, 100.0), (404.0, 100.0)
    samples = [
        sample((98, 0), decoys=[far]),  # on the decoy
        sample((1, 0), decoys=[near, far]),  # nearer to the truth
        sample((3, 0), decoys=[near]),  # nearer to the decoy
        sample((70, 0), decoys=[far]),  # lost, 30 px from the decoy
        sample((98, 0)),  # there is none
    ]
    assert evaluate(samples)['slider/decoy/ratio'] == 0.5


def test_json_holds_figures_and_images(tmp_path):
    path = tmp_path / 'deep' / 'slider.json'
    evaluate([sample((3, 4), visible=(1, 0))], out_file=str(path))
    content = json.loads(path.read_text())
    assert content['metrics']['gap/hit@5'] == 1
    (row,) = content['images']
    assert row['gap'] == 5 and row['piece'] is None and row['image'] == 'a.png'
    assert row['pred'] == [[403, 104], [60, 100]]
