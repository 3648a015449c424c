import numpy as np
import pytest

import pfld_mm.compat  # noqa: F401

# isort: split
from pfld_mm.codecs.face_map import FaceMapLabel


def random_faces(rng, count, size, smallest=16, largest=60):
    """Boxes far from each other on a diagonal, and points inside of them."""
    sides = rng.uniform(smallest, largest, (count, 2))
    centers = (np.arange(count)[:, None] + rng.uniform(0.4, 0.6, (count, 2))) * size / count
    boxes = np.hstack([centers - sides / 2, centers + sides / 2])
    points = centers[:, None] + rng.uniform(-0.5, 0.5, (count, 5, 2)) * sides[:, None]
    return boxes.astype(np.float32), points.astype(np.float32)


def as_output(maps):
    """The maps as a perfect network would give them."""
    return np.concatenate([maps['heatmap'], maps['box'], maps['points']])


@pytest.mark.parametrize('seed', range(5))
def test_decode_is_the_inverse_of_encode(seed):
    boxes, points = random_faces(np.random.default_rng(seed), 4, 320)
    codec = FaceMapLabel((320, 320))
    found, scores, found_points = codec.decode(as_output(codec.encode(boxes, points)), 0.95)
    assert len(found) == 4 and (scores == 1).all()
    order = np.argsort(found[:, 0])
    np.testing.assert_allclose(found[order], boxes, atol=1e-2)
    np.testing.assert_allclose(found_points[order], points, atol=1e-2)


def test_one_positive_cell_a_face_and_weights_that_sum_to_one():
    boxes, points = random_faces(np.random.default_rng(0), 3, 320, 60, 90)
    maps = FaceMapLabel((320, 320)).encode(boxes, points)
    assert (maps['heatmap'] >= 0.9).sum() == 3
    assert maps['region_weight'].sum() == pytest.approx(3, abs=1e-4)
    assert ((maps['region_weight'] > 0) <= (maps['heatmap_weight'] > 0)).all()


def test_larger_faces_have_wider_peaks():
    codec = FaceMapLabel((320, 320))
    points = np.full((1, 5, 2), 160.0)
    sums = [
        codec.encode(np.array([[160 - s, 160 - s, 160 + s, 160 + s]]), points)['heatmap'].sum()
        for s in (8, 40, 120)
    ]
    assert sums[0] < sums[1] < sums[2]


def test_ignored_faces_are_neither_face_nor_background():
    box, points = np.array([[64.0, 64, 128, 128]]), np.full((1, 5, 2), 96.0)
    maps = FaceMapLabel((320, 320)).encode(box, points, np.array([True]))
    assert maps['heatmap'].max() == 0 and maps['region_weight'].max() == 0
    assert (maps['heatmap_weight'][0, 8:16, 8:16] == 0).all()
    assert maps['heatmap_weight'].sum() >= 40 * 40 - 9 * 9


def test_a_face_inside_an_ignored_one_still_counts():
    boxes = np.array([[0.0, 0, 300, 300], [140, 140, 180, 180]])
    maps = FaceMapLabel((320, 320)).encode(
        boxes, np.full((2, 5, 2), 160.0), np.array([True, False])
    )
    row, column = np.argwhere(maps['heatmap'][0] == 1)[0]
    assert maps['heatmap_weight'][0, row, column] == 1


def test_the_smaller_of_two_faces_wins_their_common_cells():
    boxes = np.array([[150.0, 150, 170, 170], [60, 60, 260, 260]])
    maps = FaceMapLabel((320, 320)).encode(boxes, np.full((2, 5, 2), 160.0))
    row, column = np.argwhere(maps['heatmap'][0] == 1)[0]
    assert np.exp(maps['box'][0, row, column]) * 8 < 20


@pytest.mark.parametrize('center', [(-5, 100), (100, 321), (1e6, 5)])
def test_a_face_whose_center_is_outside_is_left_out(center):
    box = np.array([[center[0] - 20, center[1] - 20, center[0] + 20, center[1] + 20]])
    maps = FaceMapLabel((320, 320)).encode(box, np.zeros((1, 5, 2)))
    assert maps['heatmap'].max() == 0


def test_no_faces():
    maps = FaceMapLabel((96, 64)).encode(np.zeros((0, 4)), np.zeros((0, 5, 2)))
    assert maps['heatmap'].shape == (1, 8, 12) and maps['heatmap_weight'].min() == 1


def test_sizes_must_fit_the_network():
    with pytest.raises(ValueError, match='multiples of 32'):
        FaceMapLabel((320, 200))
