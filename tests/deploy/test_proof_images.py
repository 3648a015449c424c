import cv2
import numpy as np
import pytest
import torch

from pfld_mm.core.image import read_image
from pfld_mm.deploy.proof_images import (
    ImageCropper,
    calibration_crops,
    folder_crops,
    proof_images,
    tint,
)


def test_a_image_is_cropped_as_in_testing(cfg, image_path):
    image = read_image(image_path)
    crop = ImageCropper(cfg)(image)
    assert tuple(crop.shape) == (3, 112, 112)
    side = 1.2 * max(image.shape[:2])
    matrix = np.array(
        [[112 / side, 0, 56 - 112 / side * image.shape[1] / 2],
         [0, 112 / side, 56 - 112 / side * image.shape[0] / 2]]
    )  # fmt: skip
    point = matrix @ [image.shape[1] / 2, image.shape[0] / 2, 1]
    np.testing.assert_allclose(point, [56, 56])
    assert not crop[:, 0, 0].any()  # the padding is black


def test_proof_images_are_of_three_kinds_and_differ(cfg, image_path):
    crops = proof_images(ImageCropper(cfg), [image_path])
    assert {kind: len(found) for kind, found in crops.items()} == dict(given=1, drawn=3, noise=5)
    flat = [crop.numpy().tobytes() for found in crops.values() for crop in found]
    assert len(set(flat)) == len(flat)


def test_calibration_images_are_spread_over_the_folder(cfg, tmp_path):
    for value in range(10):
        cv2.imwrite(str(tmp_path / f'{value}.png'), np.full((40, 40, 3), 20 * value, np.uint8))
    crops = list(folder_crops(ImageCropper(cfg), str(tmp_path), 5))
    assert [int(crop.max()) for crop in crops] == [0, 40, 80, 120, 160]


def test_half_of_the_calibration_images_are_changed_in_the_same_way_at_every_call(cfg, tmp_path):
    for value in range(8):
        cv2.imwrite(str(tmp_path / f'{value}.png'), np.full((40, 40, 3), 60 + value, np.uint8))
    cropper = ImageCropper(cfg)
    calibration = calibration_crops(cfg, cropper, 8, str(tmp_path), None)
    first, again = list(calibration()), list(calibration())
    plain = folder_crops(cropper, str(tmp_path), 8)
    unchanged = [torch.equal(a, b) for a, b in zip(first, plain, strict=True)]
    assert unchanged == [True, False] * 4
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_no_calibration_image_is_one_of_the_proof(cfg, image_path, tmp_path):
    for value in range(40):
        cv2.imwrite(str(tmp_path / f'{value}.png'), np.full((40, 40, 3), 60 + value, np.uint8))
    cropper = ImageCropper(cfg)
    calibration = list(calibration_crops(cfg, cropper, 40, str(tmp_path), None)())
    assert len({crop.numpy().tobytes() for crop in calibration[7::8]}) == 5  # drawn ones
    for proof in proof_images(cropper, [image_path])['drawn']:
        assert not any(torch.equal(crop, proof) for crop in calibration)


def test_a_tint_changes_colors_each_by_itself_and_no_mask():
    crop = torch.full((4, 8, 8), 128, dtype=torch.uint8)
    crop[:, :4] = 200
    found = tint(np.random.default_rng(1), crop)
    assert found.shape == crop.shape and found.dtype == torch.uint8
    assert torch.equal(found[3], crop[3])
    assert len({tuple(channel.unique().tolist()) for channel in found[:3]}) == 3


def test_what_is_no_image_is_named(cfg, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'missing\.png'):
        read_image(tmp_path / 'missing.png')
    (tmp_path / 'text.png').write_text('no image')
    with pytest.raises(ValueError, match=r'text\.png: expected an image'):
        read_image(tmp_path / 'text.png')
    with pytest.raises(FileNotFoundError, match='no folder with images'):
        list(folder_crops(ImageCropper(cfg), str(tmp_path / 'none'), 5))
