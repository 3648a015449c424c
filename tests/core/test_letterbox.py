import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import pfld_mm.register  # noqa: F401

# isort: split
from mmpose.datasets.transforms import GetBBoxCenterScale

from pfld_mm.core.letterbox import Letterbox
from pfld_mm.datasets.transforms.letterbox_affine import LetterboxAffine

NOISE = np.random.default_rng(0).integers(0, 256, (1300, 1300, 3), np.uint8)


@settings(deadline=None, max_examples=60)
@given(
    height=st.integers(1, 1300),
    width=st.integers(1, 1300),
    size=st.sampled_from([(512, 256), (128, 64), (64, 96)]),
    border_value=st.sampled_from([0, 114]),
)
def test_equals_training_to_the_bit(height, width, size, border_value):
    image = NOISE[:height, :width]
    results = dict(img=image, bbox=np.array([[0, 0, width, height]], np.float32))
    results = GetBBoxCenterScale(padding=1.0).transform(results)
    results['keypoints'] = np.array([[(3.0, 4.0), (width - 1.5, height / 3)]])
    expected = LetterboxAffine(size, border_value).transform(results)
    box = Letterbox.fit(image, size, border_value=border_value)
    rgb = box.image[..., [2, 1, 0, 3]]
    np.testing.assert_array_equal(rgb, expected['img'])
    np.testing.assert_allclose(
        box.to_image(expected['transformed_keypoints']), results['keypoints'], atol=1e-6
    )
    # mmpose's TopdownPoseEstimator.add_pred_to_datasample, which counts from the corner
    points = np.array([[10.0, 20.0], [size[0], size[1]]])
    theirs = points / size * expected['input_scale'] + expected['input_center']
    theirs -= 0.5 * expected['input_scale']
    np.testing.assert_allclose(box.to_image(points), theirs - 0.5, atol=1e-3)


def test_mask_covers_the_image_alone():
    box = Letterbox.fit(np.full((100, 100, 3), 200, np.uint8), (128, 64), border_value=9)
    mask = box.image[..., 3]
    assert (mask[:, 32:96] == 255).all() and not mask[:, :32].any() and not mask[:, 96:].any()
    assert (box.image[:, :32, :3] == 9).all() and (box.image[:, 32:96, :3] == 200).all()


def test_the_center_of_the_first_pixel_is_the_origin():
    """A white pixel at column 30, row 10, enlarged four times: its center is (30, 10)."""
    image = np.zeros((32, 64, 3), np.uint8)
    image[10, 30] = 255
    box = Letterbox.fit(image, (256, 128))
    weights = box.image[..., 0].astype(float)
    y, x = np.mgrid[:128, :256] + 0.5
    center = [(weights * x).sum() / weights.sum(), (weights * y).sum() / weights.sum()]
    np.testing.assert_allclose(box.to_image(np.array(center)), [30, 10], atol=1e-3)
