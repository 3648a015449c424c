import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmpose.evaluation.functional import keypoint_nme

from pfld_mm.evaluation.functional import (
    area_under_curve,
    failure_rate,
    normalised_errors,
    normaliser,
    summarise,
)

error_lists = st.lists(st.floats(0, 0.3), min_size=1, max_size=40)
thresholds = st.floats(0.01, 0.25)


def random_faces(num_faces=7, num_keypoints=98, seed=0):
    rng = np.random.default_rng(seed)
    gt = rng.uniform(0, 500, (num_faces, num_keypoints, 2))
    return gt + rng.normal(0, 8, gt.shape), gt


@pytest.mark.parametrize('num_keypoints, corners', [(98, (60, 72)), (68, (36, 45))])
def test_equals_mmpose_nme(num_keypoints, corners):
    pred, gt = random_faces(num_keypoints=num_keypoints)
    norm = normaliser(gt)
    assert np.allclose(norm, np.linalg.norm(gt[:, corners[0]] - gt[:, corners[1]], axis=1))
    theirs = keypoint_nme(pred, gt, np.ones(gt.shape[:2], bool), np.tile(norm[:, None], (1, 2)))
    # mmpose keeps its distances in float32
    assert normalised_errors(pred, gt, norm).mean() == pytest.approx(theirs, rel=1e-6)


def test_unmarked_points_do_not_count_as_in_mmpose():
    pred, gt = random_faces(num_faces=1)
    mask = np.arange(98)[None] % 3 > 0
    norm = normaliser(gt)
    theirs = keypoint_nme(pred, gt, mask, np.tile(norm[:, None], (1, 2)))
    gt[~mask] = np.nan
    assert normalised_errors(pred, gt, norm, mask)[0] == pytest.approx(theirs, rel=1e-6)


def test_a_shift_of_three_and_four_pixels_is_five():
    _, gt = random_faces()
    errors = normalised_errors(gt + [3, 4], gt, np.full(7, 50.0))
    assert np.allclose(errors, 0.1)


def test_inter_pupil_of_98_and_68_points():
    _, gt = random_faces(num_keypoints=98)
    assert np.allclose(
        normaliser(gt, mode='inter_pupil'), np.linalg.norm(gt[:, 96] - gt[:, 97], axis=1)
    )
    face = np.zeros((1, 68, 2))
    face[0, 36:42] = [[0, 0], [1, -1], [3, -1], [4, 0], [3, 1], [1, 1]]  # mean (2, 0)
    face[0, 42:48] = face[0, 36:42] + [30, 40]
    assert np.allclose(normaliser(face, mode='inter_pupil'), 50)


def test_box_is_the_geometric_mean_of_its_sides():
    _, gt = random_faces(num_faces=2)
    boxes = np.array([[10, 20, 110, 45], [0, 0, 8, 0]])
    assert np.allclose(normaliser(gt, boxes, 'box'), [50, 0])
    with pytest.raises(ValueError, match=r"'box' needs the faces' boxes"):
        normaliser(gt, mode='box')


def test_own_mark_up_names_its_pair():
    _, gt = random_faces(num_keypoints=5)
    norm = normaliser(gt, mode='keypoint_distance', keypoint_indices=(0, 1))
    assert np.allclose(norm, np.linalg.norm(gt[:, 0] - gt[:, 1], axis=1))


@pytest.mark.parametrize(
    'mode, indices, message',
    [
        ('inter_ocular', None, r'known for \[68, 98\] points, the mark-up has 5.*keypoint_indices'),
        ('inter_pupil', None, r'known for \[68, 98\] points, the mark-up has 5'),
        ('ocular', None, r"one of \('inter_ocular'.*found 'ocular'"),
        ('box', (0, 1), r"keypoint_indices=\(0, 1\) has no meaning with norm_mode='box'"),
        ('keypoint_distance', None, 'two different points.*found None'),
        ('keypoint_distance', (2, 2), r'two different points.*found \(2, 2\)'),
        ('keypoint_distance', (1, 2, 3), 'two different points'),
        ('keypoint_distance', (0, 5), r'\(0, 5\) must lie between 0 and 4'),
        ('keypoint_distance', (-1, 2), 'must lie between 0 and 4'),
    ],
)
def test_bad_normaliser_is_met_by_name(mode, indices, message):
    _, gt = random_faces(num_keypoints=5)
    with pytest.raises(ValueError, match=message):
        normaliser(gt, np.ones((7, 4)), mode, indices)


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_bad_numbers_name_the_face(value):
    pred, gt = random_faces()
    norm = normaliser(gt)
    names = [f'{i}.jpg' for i in range(7)]
    broken = pred.copy()
    broken[[2, 5], 7, 1] = value
    with pytest.raises(ValueError, match=r'2\.jpg \(and 1 more faces\): a predicted point'):
        normalised_errors(broken, gt, norm, names=names)
    broken = gt.copy()
    broken[3, 0, 0] = value
    with pytest.raises(ValueError, match=r'3\.jpg: a true point'):
        normalised_errors(pred, broken, norm, names=names)
    broken = norm.copy()
    broken[6] = value
    with pytest.raises(ValueError, match=r'6\.jpg: the normaliser must be a positive length'):
        normalised_errors(pred, gt, broken, names=names)


def test_zero_normaliser_and_face_without_points_name_the_face():
    pred, gt = random_faces()
    norm = normaliser(gt)
    norm[4] = 0
    with pytest.raises(ValueError, match='face 4: the normaliser must be a positive length'):
        normalised_errors(pred, gt, norm)
    mask = np.ones((7, 98), bool)
    mask[1] = False
    with pytest.raises(ValueError, match='face 1: no point is marked'):
        normalised_errors(pred, gt, normaliser(gt), mask)


def test_other_number_of_points_is_met_by_name():
    pred, gt = random_faces()
    with pytest.raises(ValueError, match=r'a\.jpg: .*\(7, 68, 2\).*\(7, 98, 2\).*num_keypoints'):
        normalised_errors(pred[:, :68], gt, normaliser(gt), names=['a.jpg'] * 7)


@given(error_lists, thresholds)
def test_failure_rate_counts(errors, threshold):
    failed = [e for e in errors if e > threshold]
    assert failure_rate(errors, threshold) == pytest.approx(len(failed) / len(errors))


def test_an_error_at_the_threshold_is_no_failure():
    assert failure_rate([0.1, 0.1, 0.2, 0.05], 0.1) == 0.25


@given(error_lists, thresholds)
def test_area_is_the_sum_of_the_stairs(errors, threshold):
    ends = sorted(e for e in errors if e < threshold) + [threshold]
    stairs = sum((ends[i + 1] - ends[i]) * (i + 1) / len(errors) for i in range(len(ends) - 1))
    assert area_under_curve(errors, threshold) == pytest.approx(stairs / threshold, abs=1e-12)


def test_area_agrees_with_a_sampled_curve():
    errors = np.random.default_rng(1).gamma(4, 0.012, 300)
    x = (np.arange(20000) + 0.5) / 20000 * 0.1
    sampled = np.mean([(errors <= t).mean() for t in x])
    assert area_under_curve(errors, 0.1) == pytest.approx(sampled, abs=1e-4)
    assert area_under_curve([0, 0], 0.1) == 1
    assert area_under_curve([0.1, 0.4], 0.1) == 0


def test_summary_names_its_thresholds():
    figures = summarise([0.04, 0.09, 0.11, 0.16], (0.10, 0.08, 0.125), 0.20)
    assert list(figures) == ['NME', 'FR10', 'FR8', 'FR12.5', 'AUC20']
    assert list(figures.values()) == pytest.approx([0.1, 0.5, 0.75, 0.25, 0.5])


def test_nothing_evaluated_and_bad_threshold_are_errors():
    with pytest.raises(ValueError, match='No face was evaluated'):
        summarise([])
    with pytest.raises(ValueError, match=r'positive fraction.*found 0'):
        failure_rate([0.1], 0)
