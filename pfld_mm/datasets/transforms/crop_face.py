from __future__ import annotations

import numpy as np
from mmpose.datasets.transforms import TopdownAffine
from mmpose.registry import TRANSFORMS

from pfld_mm.core.crop import crop, crop_matrix


@TRANSFORMS.register_module()
class CropFace(TopdownAffine):
    """The affine crop of a face; MMPose's ``TopdownAffine`` with the crop of the device runtime.

    Same keys, same matrix (not UDP), so MMPose maps predictions back as ever. Different are
    the anti-aliasing (see ``core.crop``), that ``transformed_keypoints`` come from a float64
    matrix, and that ``LoadFace`` may have decoded the image at a reduced size.

    Args:
        input_size: width and height of the crop in pixels.
    """

    def __init__(self, input_size: tuple[int, int]) -> None:
        super().__init__(input_size=tuple(input_size))

    def transform(self, results: dict) -> dict:
        """Cut the box out.

        Needs ``img``, ``bbox_center`` (1, 2), ``bbox_scale`` (1, 2); takes ``bbox_rotation``
        (1,) in degrees, ``keypoints`` (1, K, 2), ``img_reduction`` and ``flip_direction`` where
        they are. Adds ``transformed_keypoints`` (1, K, 2) float32, ``input_size``,
        ``input_center`` and ``input_scale``.
        """
        width, height = self.input_size
        scale = self._fix_aspect_ratio(results['bbox_scale'], aspect_ratio=width / height)
        center = results['bbox_center'][0]
        rotation = float(results['bbox_rotation'][0]) if 'bbox_rotation' in results else 0.0
        matrix = crop_matrix(center, scale[0], rotation, self.input_size)

        results['img'] = crop(results['img'], matrix @ _from_decoded(results), self.input_size)
        if results.get('keypoints') is not None:
            points = results['keypoints'] @ matrix[:, :2].T + matrix[:, 2]
            results['transformed_keypoints'] = points.astype(np.float32)
        else:  # MMPose's convention for images without labels
            results['transformed_keypoints'] = np.zeros([])
            results['keypoints_visible'] = np.ones((1, 1, 1))
        results['bbox_scale'] = scale
        results['input_size'] = self.input_size
        results['input_center'] = center
        results['input_scale'] = scale[0]
        return results


def _from_decoded(results: dict) -> np.ndarray:
    """(3, 3) from pixels of the decoded (reduced, perhaps mirrored) image to whole pixels.

    Decoded pixel j is the mean of the pixels f j .. f j + f - 1, their center f j + (f - 1) / 2.
    The decoder rounds the size up, so a mirrored image starts with the part that overhangs.
    """
    factor = results.get('img_reduction', 1)
    offset = np.full(2, (factor - 1) / 2)
    if factor > 1 and results.get('flip'):
        overhang = [
            factor * decoded - whole
            for decoded, whole in zip(
                results['img'].shape[1::-1], results['img_shape'][::-1], strict=True
            )
        ]
        mirrored = {'horizontal': (1, 0), 'vertical': (0, 1), 'diagonal': (1, 1)}
        offset -= np.multiply(mirrored[results['flip_direction']], overhang)
    return np.array([[factor, 0, offset[0]], [0, factor, offset[1]], [0, 0, 1]], np.float64)
