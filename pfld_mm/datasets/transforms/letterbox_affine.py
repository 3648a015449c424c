from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from pfld_mm.core.letterbox import fit_pixels


@TRANSFORMS.register_module()
class LetterboxAffine(BaseTransform):
    """Fit the box into the input, keeping its aspect; RGB and a mask of valid pixels come out.

    With ``GetBBoxCenterScale(padding=1.0)`` on the whole image before it, this is the usual
    letterbox. In the image the center of pixel i is at i, as everywhere in mmpose; in the input it
    is at i + 0.5, so that cells begin at whole numbers. The pixels are those of
    :func:`pfld_mm.core.letterbox.fit_pixels`, as on the device.

    Required keys: ``img`` (h, w, 3) BGR uint8, ``bbox_center`` (1, 2), ``bbox_scale`` (1, 2);
    ``keypoints`` (1, K, 2) and ``decoys`` (D, 2) in pixels of the image where there are any.

    Changed and added: ``img`` (H, W, 4), RGB and mask x 255, uint8; ``valid_mask`` (H, W)
    float32, the part of each pixel that is image; ``bbox_scale``; ``input_size``,
    ``input_center``, ``input_scale``; ``transformed_keypoints`` (1, K, 2) and
    ``transformed_decoys`` (D, 2) in input pixels.

    Args:
        input_size: (w, h) of the input in pixels.
        border_value: Gray level of the padding, 0 to 255.
    """

    def __init__(self, input_size: tuple[int, int] = (512, 256), border_value: int = 0) -> None:
        super().__init__()
        self.input_size = tuple(input_size)
        self.border_value = border_value

    def transform(self, results: dict) -> dict:
        """Letterbox the image and the points of ``results``.

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
        image, results['valid_mask'] = fit_pixels(
            results['img'], zoom, corner, self.input_size, self.border_value
        )
        results['img'] = image[..., [2, 1, 0, 3]]  # the pixels come as BGR, the network sees RGB
        for key, moved in (
            ('keypoints', 'transformed_keypoints'),
            ('decoys', 'transformed_decoys'),
        ):
            if results.get(key) is not None:
                results[moved] = (np.asarray(results[key], np.float64) + 0.5 - corner) * zoom
        results['bbox_scale'] = scale[None].astype(np.float32)
        results['input_size'] = self.input_size
        results['input_center'] = center
        results['input_scale'] = scale
        return results
