import cv2
import numpy as np
import pytest

import pfld_mm.register  # noqa: F401
from pfld_mm.core.finder.face_geometry import face_roll
from pfld_mm.datasets.transforms.finder_crop import FinderCrop
from pfld_mm.datasets.transforms.load_finder_image import LoadFinderImage
from pfld_mm.datasets.transforms.occlude_faces import OccludeFaces
from pfld_mm.datasets.transforms.pack_finder_inputs import PackFinderInputs

POINTS = np.array([[110, 115], [130, 115], [120, 125], [113, 135], [127, 135]], np.float32)


def sample():
    """A gray image with five white spots at the points of one face, and an ignored face."""
    image = np.full((240, 320, 3), 60, np.uint8)
    for point in POINTS.astype(int):
        cv2.circle(image, point.tolist(), 2, (255, 255, 255), -1)
    return dict(
        img=image,
        boxes=np.array([[100, 100, 140, 145], [10, 10, 20, 20]], np.float32),
        points=np.stack([POINTS, POINTS]),
        yaw=np.array([30, 0], np.float32),
        ignore=np.array([False, True]),
        attributes=np.array([[1.0], [0.0]], np.float32),
    )


@pytest.mark.parametrize('seed', range(12))
def test_points_stay_on_what_they_mark(seed):
    np.random.seed(seed)
    results = FinderCrop((320, 320), face_sizes=(40, 160), anywhere_prob=0)(sample())
    assert results['img'].shape == (320, 320, 3)
    faces = results['points'][~results['ignore']]
    assert len(faces) == 1
    inside = ((faces[0] > 2) & (faces[0] < 317)).all(axis=1)
    x, y = faces[0][inside].round().astype(int).T
    assert (results['img'][y, x, 0] > 150).all()
    box = results['boxes'][~results['ignore']][0]
    assert 35 < (box[2:] - box[:2]).max() < 190
    assert ((faces[0] > box[:2] - 3) & (faces[0] < box[2:] + 3)).all()
    assert abs(face_roll(faces[0])) <= 101
    assert len(results['yaw']) == len(results['attributes']) == len(results['boxes'])


def test_a_flip_mirrors_yaw():
    yaws = set()
    for seed in range(10):
        np.random.seed(seed)
        results = FinderCrop(anywhere_prob=0)(sample())
        yaws |= set(results['yaw'][~results['ignore']].tolist())
    assert yaws == {-30.0, 30.0}


def test_tiny_faces_become_ignored():
    np.random.seed(0)
    crop = FinderCrop(face_sizes=(5, 6), min_face=10, min_cover=0.01, anywhere_prob=0)
    assert crop(sample())['ignore'].all()


def test_an_image_without_faces_can_be_cropped():
    empty = sample()
    for key in ('boxes', 'points', 'yaw', 'ignore', 'attributes'):
        empty[key] = empty[key][:0]
    assert FinderCrop((64, 96))(empty)['img'].shape == (96, 64, 3)


def test_large_images_are_reduced_and_the_cache_gives_the_same(tmp_path):
    path = str(tmp_path / 'a.png')
    cv2.imwrite(path, np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8))
    load = LoadFinderImage(max_side=200, cache=True)
    first, second = load(dict(img_path=path)), load(dict(img_path=path))
    assert first['img'].shape == (150, 200, 3) and first['input_zoom'] == 0.5
    assert first['ori_shape'] == (300, 400)
    assert (first['img'] == second['img']).all()
    assert LoadFinderImage()(dict(img_path=path))['input_zoom'] == 1


def test_occlusion_covers_at_most_half_of_a_face_and_nothing_else():
    original = sample()
    for seed in range(10):
        np.random.seed(seed)
        results = OccludeFaces(prob=1.0)(dict(sample(), boxes=original['boxes'][:1]))
        changed = (results['img'] != original['img']).any(axis=2)
        assert changed[100:145, 100:140].mean() <= 0.55
        changed[99:146, 99:141] = False
        assert not changed.any()
    assert (OccludeFaces(prob=0.0)(sample())['img'] == original['img']).all()


def test_packing():
    results = sample()
    packed = PackFinderInputs(dict(type='FaceMapLabel', input_size=(320, 256)))(results)
    assert packed['inputs'].shape == (3, 240, 320)
    assert packed['data_samples'].gt_fields.heatmap.shape == (1, 32, 40)
    assert packed['data_samples'].gt_instances.bboxes.shape == (2, 4)
    assert 'gt_fields' not in PackFinderInputs()(sample())['data_samples']
