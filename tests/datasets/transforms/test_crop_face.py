import cv2
import numpy as np
import pytest
from mmpose.datasets.transforms import RandomFlip, TopdownAffine

from pfld_mm.datasets.transforms.crop_face import CropFace
from pfld_mm.datasets.transforms.load_face import LoadFace


def smooth(width: int, height: int, seed: int = 0) -> np.ndarray:
    noise = cv2.GaussianBlur(
        np.random.default_rng(seed).normal(size=(height, width, 3)), (0, 0), 20
    )
    return np.uint8(np.clip(128 + noise / noise.std() * 40, 0, 255))


def sample(image: np.ndarray, rotation: float | None = None, side: float = 100.0) -> dict:
    results = dict(
        img=image,
        img_shape=image.shape[:2],
        bbox_center=np.array([[120.25, 80.5]], np.float32),
        bbox_scale=np.array([[side, side * 0.8]], np.float32),
        keypoints=np.array([[[100.125, 70.25], [-5.5, 300.75]]], np.float32),
        keypoints_visible=np.ones((1, 2), np.float32),
        flip_indices=[1, 0],
    )
    if rotation is not None:
        results['bbox_rotation'] = np.array([rotation])
    return results


@pytest.mark.parametrize('rotation', [None, 0.0, -27.5])
@pytest.mark.parametrize('size', [(112, 112), (96, 128)])
def test_equals_topdown_affine(rotation, size):
    image = smooth(300, 200)
    ours = CropFace(size)(sample(image, rotation))
    theirs = TopdownAffine(size)(sample(image, rotation))
    assert set(ours) == set(theirs)
    for key in ('bbox_scale', 'input_center', 'input_scale'):
        np.testing.assert_array_equal(ours[key], theirs[key])
    assert ours['input_size'] == theirs['input_size']
    np.testing.assert_allclose(
        ours['transformed_keypoints'], theirs['transformed_keypoints'], atol=1e-3
    )
    assert np.abs(ours['img'].astype(int) - theirs['img']).max() <= 3


def test_mmpose_maps_back_exactly():
    results = CropFace((112, 112))(sample(smooth(300, 200)))
    points, scale = results['transformed_keypoints'], results['input_scale']
    back = points / results['input_size'] * scale + results['input_center'] - 0.5 * scale
    np.testing.assert_allclose(back, results['keypoints'], atol=1e-4)
    assert points.dtype == np.float32


def test_image_without_labels():
    results = sample(smooth(300, 200))
    del results['keypoints'], results['keypoints_visible']
    assert CropFace((112, 112))(results)['img'].shape == (112, 112, 3)


@pytest.mark.parametrize('direction', [None, 'horizontal', 'vertical', 'diagonal'])
@pytest.mark.parametrize(('side', 'factor'), [(300, 2), (600, 4), (1200, 8)])
def test_reduced_decoding_gives_the_same_crop_in_the_same_place(tmp_path, direction, side, factor):
    """Sizes that no factor divides, so that the mirror has an overhang to mind."""
    path = str(tmp_path / 'a.jpg')
    cv2.imwrite(path, smooth(1309, 1437), [cv2.IMWRITE_JPEG_QUALITY, 98])
    crops, points = [], []
    for reduce in (True, False):
        box = np.array([[654 - side / 2, 700 - side / 2, 654 + side / 2, 700 + side / 2]])
        results = dict(sample(smooth(9, 9)), img_path=path, bbox=box)
        del results['img']
        results['bbox_center'] = np.array([[654.0, 700.0]])
        results['bbox_scale'] = np.array([[side, side]]) * 0.7
        results = LoadFace(reduce=reduce)(results)
        assert results['img_reduction'] == (factor if reduce else 1)
        if direction:
            results = RandomFlip(prob=1.0, direction=direction)(results)
        results = CropFace((112, 112))(results)
        crops.append(results['img'].astype(int))
        points.append(results['transformed_keypoints'])
    np.testing.assert_array_equal(points[0], points[1])
    # In pixels of the crop: the shift that explains the difference best, by least squares.
    a, b = (c.mean(-1)[2:-2, 2:-2] for c in crops)
    gradient = np.stack([g.ravel() for g in np.gradient(b)], 1)
    shift = np.linalg.lstsq(gradient, (a - b).ravel(), rcond=None)[0]
    assert np.abs(shift).max() < 0.06
    assert np.abs(a - b).mean() < 1.5
