import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pfld_mm.core.slider.cascade_params import CascadeParams
from pfld_mm.core.slider.template_match import align_piece

PARAMS = CascadeParams()
REACH = PARAMS.template_reach

GAP, PIECE = np.array([150.5, 60.5]), np.array([40.5, 60.5])


def ground(seed=0):
    """A gray image with structure at many scales, (128, 256) float32."""
    noise = np.random.default_rng(seed).normal(size=(128, 256)).astype(np.float32)
    layers = [cv2.GaussianBlur(noise, (0, 0), scale) * scale for scale in (2, 4, 8)]
    return cv2.normalize(sum(layers), None, 0, 255, cv2.NORM_MINMAX)


def puzzle(away=0.0, other=None):
    """The piece, a disc of 48 px, stands ``away`` px right of PIECE; its gap is darkened."""
    image = ground()
    source = image if other is None else other
    moved = cv2.warpAffine(
        source, np.float64([[1, 0, PIECE[0] + away - GAP[0]], [0, 1, 0]]), (256, 128)
    )
    y, x = np.mgrid[:128, :256] + 0.5
    image = np.where(np.hypot(x - GAP[0], y - GAP[1]) < 24, 0.5 * image, image)
    image = np.where(np.hypot(x - PIECE[0] - away, y - PIECE[1]) < 24, moved, image)
    return image.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize('wrong', [-4.3, -0.6, 0, 1.7, 5])
@pytest.mark.parametrize('away', [0, 0.4, -1.5])
def test_finds_the_distance(away, wrong):
    points = np.array([GAP + (wrong / 2, 0.4), PIECE + (away - wrong / 2, -0.3)])
    found = align_piece(puzzle(away), points, PARAMS)
    assert found[0, 0] - found[1, 0] == pytest.approx(GAP[0] - PIECE[0] - away, abs=0.1)
    np.testing.assert_allclose(found.sum(0), points.sum(0))  # each takes half
    np.testing.assert_array_equal(found[:, 1], points[:, 1])


@pytest.mark.parametrize(
    'gray',
    [np.full((128, 256), 90, np.uint8), puzzle(other=ground(1))],
    ids=['flat', 'another image in the piece'],
)
def test_what_is_not_alike_moves_nothing(gray):
    points = np.array([GAP + (2, 0), PIECE])
    np.testing.assert_array_equal(align_piece(gray, points, PARAMS), points)


def test_a_match_at_the_end_of_the_reach_is_none():
    points = np.array([GAP + (REACH + 1, 0), PIECE])
    np.testing.assert_array_equal(align_piece(puzzle(), points, PARAMS), points)


@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.integers(1, 160))
def test_any_image_and_places(seed, height, width):
    rng = np.random.default_rng(seed)
    gray = rng.choice([0, 128, 255], (height, width)).astype(np.uint8)
    if seed % 2:
        gray[:] = gray[:1]  # stripes are alike all along
    points = rng.uniform(-4, (width + 4, height + 4), (2, 2))  # a cell beyond the image, too
    found = align_piece(gray, points, PARAMS)
    assert np.isfinite(found).all()
    assert np.abs(found - points).max() <= (REACH + 0.5) / 2
