from collections import Counter

import numpy as np
import pytest
import torch

from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.head_pose import rotation_matrix
from pfld_mm.engine import pose_balanced_sampler
from pfld_mm.engine.pose_balanced_sampler import PoseBalancedSampler, face_yaw
from pfld_mm.engine.resumable_sampler import ResumableSampler


def face(degrees, markup=98, scale=400.0, more=0):
    """A face of the mean shape, far away, turned by a yaw; `more` points of nowhere behind."""
    points = MARKUPS[markup].mean_face @ rotation_matrix(np.radians(degrees), 0, 0).T
    points = 700 + scale * points[:, :2] / (1 + points[:, 2:] / 8)
    box = np.concatenate([points.min(0), points.max(0)])
    points = np.concatenate([points, np.full((more, 2), 5.0)])
    return dict(keypoints=points[None].astype(np.float32), bbox=box[None])


class Faces(list):
    def get_data_info(self, index):
        return self[index]


@pytest.fixture(scope='module')
def faces():
    """90 frontal faces and 10 half-profiles."""
    return Faces([face(0)] * 45 + [face(40), face(-40)] * 5 + [face(0)] * 45)


def epochs(sampler, count):
    for epoch in range(count):
        sampler.set_epoch(epoch)
        yield list(sampler)


@pytest.mark.parametrize('markup', [68, 98])
@pytest.mark.parametrize('degrees', [-50, -20, 0, 35, 65])
def test_the_yaw_of_a_label(markup, degrees):
    assert np.degrees(face_yaw(face(degrees, markup))) == pytest.approx(degrees, abs=6)


def test_only_the_points_with_a_model_tell_the_pose():
    assert face_yaw(face(30, more=68), 98) == pytest.approx(face_yaw(face(30)), abs=1e-9)
    with pytest.raises(ValueError, match='166'):
        face_yaw(face(30, more=68))


def test_rare_poses_come_more_often(faces):
    sampler = PoseBalancedSampler(faces, fraction=0.3, power=0.5, seed=0)
    assert sampler.faces_of_bin.tolist() == [90, 0, 10, 0, 0]
    counts = Counter(i for indices in epochs(sampler, 400) for i in indices)
    turned = np.mean([counts[i] for i in range(45, 55)])
    frontal = np.mean([counts[i] for i in range(100) if not 45 <= i < 55])
    # 30 of 100 places: weights 1 / sqrt(10) and 1 / sqrt(90) are 3 : 1, less where faces run out
    assert 2 < turned / frontal < 3
    assert turned <= 400


def test_power_0_is_uniform_and_fraction_1_a_plain_shuffle(faces):
    counts = Counter(i for e in epochs(PoseBalancedSampler(faces, 0.5, 0, seed=0), 400) for i in e)
    assert max(counts.values()) < 1.3 * min(counts.values())
    (indices,) = epochs(PoseBalancedSampler(faces, fraction=1, seed=0), 1)
    assert sorted(indices) == list(range(100))
    assert indices != sorted(indices)


def test_no_face_comes_twice_in_an_epoch_and_every_epoch_is_another(faces):
    one, two = epochs(PoseBalancedSampler(faces, fraction=0.5, seed=0), 2)
    assert len(set(one)) == len(one) == 50
    assert one != two
    assert [one] == list(epochs(PoseBalancedSampler(faces, fraction=0.5, seed=0), 1))


def test_the_turned_faces_are_spread_over_the_epoch(faces):
    """Weighted draws alone would bring them first."""
    sampler = PoseBalancedSampler(faces, fraction=0.5, power=1, seed=0)
    places = [p for e in epochs(sampler, 50) for p, i in enumerate(e) if 45 <= i < 55]
    assert 0.45 < np.mean(places) / 49 < 0.55


def test_it_resumes_inside_an_epoch(faces):
    sampler = PoseBalancedSampler(faces, seed=0)
    assert isinstance(sampler, ResumableSampler)
    (whole,) = epochs(sampler, 1)
    sampler.start = 16
    assert list(sampler) == whole[16:]
    assert len(sampler) == len(whole) - 16


def test_two_processes_share_an_epoch(faces, monkeypatch):
    (whole,) = epochs(PoseBalancedSampler(faces, fraction=0.5, seed=3), 1)
    halves = []
    for rank in (0, 1):
        monkeypatch.setattr('mmengine.dataset.sampler.get_dist_info', lambda rank=rank: (rank, 2))
        sampler = PoseBalancedSampler(faces, fraction=0.5, seed=3)
        halves.append(list(sampler))
        assert len(sampler) == 25
    assert torch.tensor(halves).T.flatten().tolist() == whole


def test_the_poses_are_solved_once(faces, monkeypatch):
    sampler = PoseBalancedSampler(faces, seed=0)
    monkeypatch.setattr(pose_balanced_sampler, 'solve_head_pose', None)
    assert len(list(epochs(sampler, 2))) == 2


@pytest.mark.parametrize('options', [dict(fraction=0), dict(fraction=1.1), dict(power=-1)])
def test_bad_arguments_are_named(faces, options):
    with pytest.raises(ValueError, match=r'fraction must lie in \(0, 1\] and power'):
        PoseBalancedSampler(faces, **options)
