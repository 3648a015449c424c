from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.config import Config
from mmpose.registry import TRANSFORMS

from pfld_mm.core.crop import crop, crop_matrix
from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.datasets.transforms.mix_teacher_keypoints import MixTeacherKeypoints
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

FLIP = MARKUPS[98].flip_indices
CONFIG = Path(__file__).parents[3] / 'configs' / 'pfld_ghostone_distill.py'
RNG = np.random.default_rng(0)
LABELS = RNG.uniform(20, 90, (1, 98, 2)).astype(np.float32)
LEFT_BRIGHT = np.uint8(np.tile(np.linspace(255, 0, 112)[None, :, None], (112, 1, 3)))


class Teacher:
    """Finds the labels where the left side is bright, and their mirror image elsewhere."""

    def __init__(self, points, mirrored, calls):
        self.points, self.mirrored, self.calls = points, mirrored, calls

    def __call__(self, image, boxes):
        self.calls.append(boxes)
        bright = image[:, :56].mean() > image[:, 56:].mean()
        return SimpleNamespace(points=self.points if bright else self.mirrored)


def seen_in_mirror(points):
    mirrored = points[:, FLIP].copy()
    mirrored[..., 0] = 111 - mirrored[..., 0]
    return mirrored


def sample():
    return dict(img=LEFT_BRIGHT, transformed_keypoints=LABELS, flip_indices=FLIP)


def mixed(teachers, **kwargs):
    return MixTeacherKeypoints(teachers, **kwargs)(sample())['transformed_keypoints']


def test_a_teacher_that_agrees_changes_nothing_and_sees_the_whole_crop():
    calls = []
    points = mixed([Teacher(LABELS, seen_in_mirror(LABELS), calls)])
    np.testing.assert_allclose(points, LABELS, atol=1e-4)
    side = 112 / 1.2
    expected = [[56 - side / 2, 56 - side / 2, 56 + side / 2, 56 + side / 2]]
    assert len(calls) == 2
    np.testing.assert_allclose(calls[0], expected)


@pytest.mark.parametrize('weight', [0.0, 0.25, 1.0])
def test_labels_move_by_the_weight_towards_the_mean_of_all(weight):
    shifts = np.float32([[3, -1], [5, 2]])
    teachers = [Teacher(LABELS + by, seen_in_mirror(LABELS), []) for by in shifts]
    expected = LABELS + weight * shifts.mean(0) / 2  # in the mirror image nothing was off
    np.testing.assert_allclose(mixed(teachers, weight=weight), expected, atol=1e-4)


def test_a_shift_to_one_side_cancels_out_with_the_mirror_image():
    by = np.float32([4, 0])
    one_sided = Teacher(LABELS + by, seen_in_mirror(LABELS) + by, [])
    np.testing.assert_allclose(mixed([one_sided], weight=1.0), LABELS, atol=1e-4)


@pytest.mark.parametrize('kwargs', [dict(teachers=[]), dict(teachers=[print], weight=1.5)])
def test_impossible_arguments(kwargs):
    with pytest.raises(ValueError, match='at least one teacher and a weight in'):
        MixTeacherKeypoints(**kwargs)


def test_a_teacher_of_another_markup_is_refused():
    other = Teacher(LABELS[:, :68], LABELS[:, :68], [])
    with pytest.raises(ValueError, match='gives 68 points, the labels have 98'):
        mixed([other])


@pytest.mark.parametrize('index', range(3))
def test_the_shipped_model_teaches_crops_of_drawn_faces(index):
    """From labels that are 5 px off it leads back to the exact points."""
    image, exact = render_face(sample_face(0, 'test', index, 240))[:2]
    low, high = exact.min(0), exact.max(0)
    size = (112, 112)
    matrix = crop_matrix((low + high) / 2, np.full(2, 1.2 * (high - low).max()), 0.0, size)
    exact = (exact @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)[None]
    teacher = dict(type='pfld_mm.runtime.face_landmarker.FaceLandmarker')
    mix = TRANSFORMS.build(dict(type='MixTeacherKeypoints', teachers=[teacher]))
    results = dict(
        img=crop(image, matrix, size), transformed_keypoints=exact + 5, flip_indices=FLIP
    )
    off = np.linalg.norm(mix(results)['transformed_keypoints'] - exact, axis=-1).mean()
    assert off < 0.7 * np.hypot(5, 5)


def test_the_config_mixes_behind_the_augmentations():
    cfg = Config.fromfile(CONFIG)
    steps = [step['type'] for step in cfg.train_dataloader.dataset.pipeline]
    place = steps.index('MixTeacherKeypoints')
    assert steps[place - 1] == 'SeededAlbumentation' and steps[place + 1] == 'GenerateTarget'
