from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.fileio import get
from mmpose.registry import TRANSFORMS

from pfld_mm.core.image import decode_image
from pfld_mm.core.image_size import MAX_PIXELS
from pfld_mm.core.jpeg_header import JpegHeader
from pfld_mm.datasets.face.unusable_sample import UnusableSample

REDUCTIONS = (8, 4, 2)


@TRANSFORMS.register_module()
class LoadFace(BaseTransform):
    """Read the image of a face, at a reduced size if the crop loses no detail.

    A JPEG can be decoded at 1/2, 1/4 or 1/8 in a fraction of the time. All coordinates stay
    in pixels of the whole image; ``CropFace``, which must follow, knows the reduction.

    Needs ``img_path`` (or ``img``, an image in memory, taken as it is); for the reduction
    ``bbox`` (1, 4). Adds ``img`` (H, W, 3) uint8 BGR, ``img_shape`` and ``ori_shape`` (h, w) of
    the whole image, and ``img_reduction``.

    Args:
        reduce: whether to decode at a reduced size; say False for testing.
        min_box: the longest side of the box, in pixels, must stay at least this long. 128
            suits crops of 112 px with padding 1.2 that zoom in by at most 1 / 0.75.
        max_pixels: larger images are unusable; decoded, a pixel takes three bytes.
    """

    def __init__(
        self, reduce: bool = True, min_box: float = 128.0, max_pixels: int = MAX_PIXELS
    ) -> None:
        self.reduce = reduce
        self.min_box = min_box
        self.max_pixels = max_pixels

    def transform(self, results: dict) -> dict:
        """Read the image.

        Raises:
            UnusableSample: if it is missing, no image, truncated, too large, or if a point is
                farther away from it than its own width or height.
        """
        if 'img' in results:
            image, shape, factor = results['img'], results['img'].shape[:2], 1
        else:
            image, shape, factor = self._read(results)
        results.update(img=image, img_shape=shape, ori_shape=shape, img_reduction=factor)
        if 'keypoints' in results:
            _check_points(results)
        return results

    def _read(self, results: dict) -> tuple[np.ndarray, tuple[int, int], int]:
        try:
            data = get(results['img_path'])
        except OSError as error:
            raise _bad(
                results, f'the image cannot be read ({error}); restore it or remove its line'
            ) from None
        header = JpegHeader.parse(data)
        factor = self._reduction(results, header)
        try:
            image = decode_image(data, _name(results), self.max_pixels, factor)
        except ValueError as error:
            raise UnusableSample(str(error)) from None
        shape = (header.height, header.width) if factor > 1 else image.shape[:2]
        return image, shape, factor

    def _reduction(self, results: dict, header: JpegHeader | None) -> int:
        """The largest of 8, 4, 2 that leaves the box ``min_box`` pixels, else 1."""
        # The header has the size before the EXIF rotation: decode a rotated image at full size.
        if not self.reduce or header is None or header.turned or 'bbox' not in results:
            return 1
        x0, y0, x1, y1 = results['bbox'][0]
        side = max(x1 - x0, y1 - y0)
        return next((f for f in REDUCTIONS if side >= f * self.min_box), 1)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(reduce={self.reduce}, min_box={self.min_box})'


def _check_points(results: dict) -> None:
    """Points may lie outside the image, but no farther than one image size."""
    size = np.array(results['img_shape'][::-1], np.float32)
    points = results['keypoints'][0]
    far = ((points < -size) | (points > 2 * size)).any(-1)
    if far.any():
        number = int(np.flatnonzero(far)[0])
        x, y = points[number]
        raise _bad(
            results,
            f'point {number} at ({x:g}, {y:g}) is farther than one image size away from the '
            f'image ({size[0]:g} x {size[1]:g}); correct or remove its line',
        )


def _bad(results: dict, message: str) -> UnusableSample:
    return UnusableSample(f'{_name(results)}: {message}')


def _name(results: dict) -> str:
    source = results.get('raw_ann_info', {}).get('source')
    return f'{results.get("img_path")}{f" ({source})" if source else ""}'
