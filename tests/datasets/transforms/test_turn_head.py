import cv2
import numpy as np
import pytest

from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.head_pose import CROP_FOCAL, rotation_matrix, solve_head_pose
from pfld_mm.datasets.transforms.turn_head import TurnHead, warp

CENTER, UNIT = np.array([150.0, 130.0]), 90.0


def face(yaw=0.0, pitch=0.0, roll=0.0, k=98):
    """The mean face in a pose, seen from afar: (K, 2) pixels."""
    angles = np.radians([yaw, pitch, roll])
    return MARKUPS[k].mean_face @ rotation_matrix(*angles)[:2].T * UNIT + CENTER


def yaw_of(points):
    side = float(np.ptp(points, axis=0).max())
    return np.degrees(solve_head_pose(points - points.min(0), (side, side), CROP_FOCAL * side).yaw)


def sample(points, image=None):
    image = np.full((300, 320, 3), 128, np.uint8) if image is None else image
    box = np.concatenate([points.min(0), points.max(0)])
    return dict(img=image, keypoints=np.float32(points)[None], bbox=np.float32(box)[None])


@pytest.mark.parametrize('roll', [0, 25, -40])
@pytest.mark.parametrize(('yaw', 'sign'), [(0, 1), (0, -1), (15, -1), (-15, 1)])
def test_the_head_turns_the_way_it_looks(yaw, sign, roll):
    """The turned face is the mean face in that pose, but for the contour of its far side."""
    expected = face((np.sign(yaw) or sign) * 20 + yaw, roll=roll)
    turned = TurnHead().turn(face(yaw, roll=roll), 20.0, sign)
    inner = slice(33, None)
    off = turned[inner] - expected[inner]
    assert np.abs(off - off.mean(0)).max() < 0.04 * UNIT
    assert yaw_of(turned) == pytest.approx(yaw_of(expected), abs=3)


def test_not_beyond_the_limit():
    assert abs(yaw_of(TurnHead(max_yaw=30).turn(face(20), 40.0, 1))) < 33
    far = face(50)
    np.testing.assert_allclose(TurnHead(max_yaw=30).turn(far, 40.0, 1), far, atol=1e-9)


def test_the_image_goes_with_the_points():
    """An image of its own coordinates shows at each point's new place where it was before."""
    points = face()
    coordinates = np.float32(np.dstack(np.meshgrid(np.arange(320), np.arange(300))))
    turned = TurnHead().turn(points, 20.0, 1)
    seen = cv2.remap(
        warp(coordinates, points, turned), np.float32(turned)[None], None, cv2.INTER_LINEAR
    )[0]
    error = np.linalg.norm(seen - points, axis=1)
    assert np.median(error) < 0.3
    assert error.max() < 1.5  # where points crowd, between the places of the grid


def test_standing_still_changes_nothing():
    noise = np.random.default_rng(0).integers(0, 256, (300, 320, 3), np.uint8)
    image = cv2.GaussianBlur(noise, (0, 0), 3)
    same = warp(image, face(), face()).astype(int)
    assert np.abs(same - image).max() <= 4  # remap rounds places to a 32nd of a pixel


def test_a_image_that_would_fold_is_refused():
    points = face()
    mirrored = points * (-1, 1) + (2 * CENTER[0], 0)
    assert warp(np.zeros((300, 320, 3), np.uint8), points, mirrored) is None


def test_points_box_and_both_mark_ups():
    np.random.seed(1)
    both = np.concatenate([face(), face(k=68)])
    results = TurnHead(prob=1, markups=(98, 68)).transform(sample(both))
    points = results['keypoints'][0]
    assert abs(yaw_of(points[:98].astype(float))) > 4
    np.testing.assert_allclose(results['bbox'][0], [*points.min(0), *points.max(0)])
    # the corners of the eyes are in both
    np.testing.assert_allclose(points[[60, 72]], points[[98 + 36, 98 + 45]], atol=2)


def test_coordinates_of_a_reduced_image_are_those_of_the_whole():
    whole = sample(face() * 2)
    whole.update(img_reduction=2, img=whole['img'])
    np.random.seed(1)
    turned = TurnHead(prob=1).transform(whole)['keypoints']
    np.random.seed(1)
    np.testing.assert_allclose(
        turned, 2 * TurnHead(prob=1).transform(sample(face()))['keypoints'], rtol=1e-4
    )


def test_some_faces_are_left_alone():
    np.random.seed(0)
    turn = TurnHead(prob=0.3)
    before = face()
    moved = [
        not np.allclose(turn.transform(sample(before))['keypoints'][0], before, atol=1e-3)
        for _ in range(100)
    ]
    assert 15 < sum(moved) < 45


@pytest.mark.parametrize('options', [{'prob': 1.5}, {'degrees': 0}, {'markups': (5,)}])
def test_wrong_arguments(options):
    with pytest.raises(ValueError, match=r'TurnHead: prob is a probability'):
        TurnHead(**options)
