from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LetterboxAffine(BaseTransform):
    """Fit the box into the input, keeping its aspect; RGB and a mask of valid pixels come out.

    With ``GetBBoxCenterScale(padding=1.0)`` on the whole picture before it, this is the usual
    letterbox, and mmpose's own inverse (input_center, input_scale, input_size) undoes it.
    Coordinates are continuous, the centre of pixel i is at i + 0.5, so the matrix given to
    ``cv2.warpAffine``, which counts from pixel centres, is shifted by half a pixel.

    Required keys: ``img`` (h, w, 3) BGR uint8, ``bbox_center`` (1, 2), ``bbox_scale`` (1, 2);
    ``keypoints`` (1, K, 2) and ``decoys`` (D, 2) in pixels of the picture where there are any.

    Changed and added: ``img`` (H, W, 4), RGB and mask x 255, uint8; ``valid_mask`` (H, W)
    float32, the share of each pixel that is picture; ``bbox_scale``; ``input_size``,
    ``input_center``, ``input_scale``; ``transformed_keypoints`` (1, K, 2) and
    ``transformed_decoys`` (D, 2) in input pixels.

    Args:
        input_size: (w, h) of the input in pixels.
        border_value: Grey of the padding, 0 to 255.
    """

    def __init__(self, input_size: tuple[int, int] = (512, 256), border_value: int = 0) -> None:
        super().__init__()
        self.input_size = tuple(input_size)
        self.border_value = border_value

    def transform(self, results: dict) -> dict:
        """Letterbox the picture and the points of ``results``.

        Raises:
            ValueError: If an augmentation before it asks for a rotation: the box of a puzzle
                stays upright.
        """
        if np.any(results.get('bbox_rotation', 0)):
            raise ValueError('LetterboxAffine does not rotate: set rotate_factor=0 before it')
        size = np.array(self.input_size, np.float64)
        center = results['bbox_center'][0].astype(np.float64)
        scale = results['bbox_scale'][0].astype(np.float64)
        zoom = float((size / scale).min())
        scale = size / zoom
        corner = center - scale / 2
        results['valid_mask'] = self._coverage(results['img'].shape[:2], zoom, corner)
        results['img'] = self._warp(results['img'], zoom, corner, results['valid_mask'])
        for key, moved in (
            ('keypoints', 'transformed_keypoints'),
            ('decoys', 'transformed_decoys'),
        ):
            if results.get(key) is not None:
                results[moved] = (np.asarray(results[key], np.float64) - corner) * zoom
        results['bbox_scale'] = scale[None].astype(np.float32)
        results['input_size'] = self.input_size
        results['input_center'] = center
        results['input_scale'] = scale
        return results

    def _warp(
        self, img: np.ndarray, zoom: float, corner: np.ndarray, mask: np.ndarray
    ) -> np.ndarray:
        """RGB and mask (H, W, 4): ``input = (picture - corner) * zoom``."""
        factors = np.array([zoom, zoom])
        if zoom < 0.5:  # the bilinear warp reads 2 x 2 pixels only: average first
            h, w = img.shape[:2]
            small = (max(1, round(w * zoom)), max(1, round(h * zoom)))
            img = cv2.resize(img, small, interpolation=cv2.INTER_AREA)
            factors = zoom * np.array([w, h]) / small
        shift = 0.5 * factors - 0.5 - corner * zoom
        matrix = np.array([[factors[0], 0, shift[0]], [0, factors[1], shift[1]]])
        warped = cv2.warpAffine(
            img, matrix, self.input_size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        rgb = np.where(mask[..., None] > 0, warped[..., ::-1], np.uint8(self.border_value))
        # rounded up: a pixel that is part picture is never taken for padding
        return np.dstack([rgb, np.ceil(mask * 255).astype(np.uint8)])

    def _coverage(self, shape: tuple[int, int], zoom: float, corner: np.ndarray) -> np.ndarray:
        """The share of each input pixel that the picture covers, (H, W) in [0, 1]."""
        shares = []
        for size, length, start in zip(self.input_size, shape[::-1], corner, strict=True):
            low, high = -start * zoom, (length - start) * zoom
            pixels = np.arange(size)
            share = np.minimum(pixels + 1, high) - np.maximum(pixels, low)
            shares.append(np.where(share > 1e-6, np.minimum(share, 1), 0))
        return np.outer(shares[1], shares[0]).astype(np.float32)
