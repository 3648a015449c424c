from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS

from pfld_mm.datasets.epoch_index import EpochIndex
from pfld_mm.datasets.face.unusable_sample import UnusableSample
from pfld_mm.datasets.face.unusable_sample_counter import UnusableSampleCounter
from pfld_mm.datasets.inside import inside
from pfld_mm.datasets.slider.slider_labels import read_slider_labels
from pfld_mm.datasets.usable_image import read_usable_image

SLIDER_METAINFO = dict(
    dataset_name='slider',
    keypoint_info={
        0: dict(name='gap', id=0, color=[255, 64, 64], type='', swap=''),
        1: dict(name='piece', id=1, color=[64, 160, 255], type='', swap=''),
    },
    skeleton_info={},
    joint_weights=[1.0, 1.0],
    sigmas=[0.025, 0.025],
)
"""Two keypoints without a mirror image: a puzzle must not be flipped."""


def slider_sample(
    image: np.ndarray,
    gap: Sequence[float] | None,
    piece: Sequence[float] | None,
    angle_deg: float | None,
    decoys: Sequence[Sequence[float]],
) -> dict:
    """What the pipeline needs to know of one puzzle; the box is the whole image.

    Args:
        image: BGR uint8 (H, W, 3).
        gap: Center (x, y) in pixels from the image's corner, or None.
        piece: The same.
        angle_deg: The gap's rotation in degrees, or None.
        decoys: Centers of D false gaps.

    Returns:
        In pixels of the image, the center of pixel (0, 0) at (0, 0), as everywhere in mmpose:
        ``img``, ``bbox`` (1, 4), ``bbox_score`` (1,), ``keypoints`` (1, 2, 2),
        ``keypoints_visible`` (1, 2), ``angle`` in radians or None, ``decoys`` (D, 2), and
        angle and decoys again in ``raw_ann_info``, which travels on to the metric.
    """
    height, width = image.shape[:2]
    points = [gap, piece]
    keypoints = [(0, 0) if p is None else (p[0] - 0.5, p[1] - 0.5) for p in points]
    angle = None if angle_deg is None else float(np.deg2rad(angle_deg))
    decoy_points = (np.asarray(decoys, np.float64).reshape(-1, 2) - 0.5).astype(np.float32)
    return dict(
        img=image,
        bbox=np.array([[0, 0, width, height]], np.float32),
        bbox_score=np.ones(1, np.float32),
        keypoints=np.array([keypoints], np.float32),
        keypoints_visible=np.array([[point is not None for point in points]], np.float32),
        angle=angle,
        decoys=decoy_points,
        raw_ann_info=dict(angle=angle, decoys=decoy_points.tolist()),
    )


@DATASETS.register_module()
class SliderDataset(BaseCocoStyleDataset):
    """Slider puzzles from a folder of images and a CSV of labels.

    See :func:`pfld_mm.datasets.slider.slider_labels.read_slider_labels` for the columns. An image
    that cannot be read ends a test; in training it is counted, reported and replaced by another.

    Args:
        ann_file: The CSV, relative to ``data_root``.
        max_bad: The ratio of unreadable images that training tolerates.
        kwargs: As mmpose's BaseCocoStyleDataset takes them; ``data_prefix=dict(img=...)`` is
            the folder of the images.
    """

    METAINFO: dict = SLIDER_METAINFO

    def __init__(self, ann_file: str = 'labels.csv', max_bad: float = 0.01, **kwargs) -> None:
        self.max_bad = max_bad
        super().__init__(ann_file=ann_file, **kwargs)

    def full_init(self) -> None:
        """Read the labels, once."""
        if not self._fully_initialized:
            super().full_init()
            self.epoch_index = EpochIndex(len(self), self.test_mode)
            self.bad = UnusableSampleCounter(len(self), self.max_bad, self._describe)

    def load_data_list(self) -> list[dict]:
        """Read the label file.

        Raises:
            FileNotFoundError: If the label file or an image is not there.
            ValueError: If a line is malformed, or its image is not below the folder.
        """
        folder = self.data_prefix['img']
        data_list = []
        for number, label in enumerate(read_slider_labels(self.ann_file)):
            path = Path(inside(folder, label.image, f'{self.ann_file}, line {label.line}'))
            if not path.is_file():
                raise FileNotFoundError(f'{self.ann_file}, line {label.line}: no image {path}')
            data_list.append(dict(id=number, img_id=number, img_path=str(path), label=label))
        return data_list

    def set_epoch(self, epoch: int | None) -> None:
        """Say which epoch (from 0) begins."""
        self.epoch_index.set_epoch(epoch)

    def set_hard_examples(self, ids: Sequence[int]) -> None:
        """Fill the next epochs with these ``img_id``, until an empty list is given."""
        self.epoch_index.set_hard_examples(ids)

    def get_data_info(self, idx: int) -> dict:
        """The image and its labels, see :func:`slider_sample`."""
        info = super().get_data_info(self.epoch_index[idx] % len(self))
        label = info.pop('label')
        image = read_usable_image(info['img_path'], f'{self.ann_file}, line {label.line}')
        sample = slider_sample(image, label.gap, label.piece, label.angle_deg, label.decoys)
        return {**info, **sample}

    def prepare_data(self, idx: int) -> dict | None:
        """Run the pipeline; None for an unreadable image in training (another is taken)."""
        try:
            return super().prepare_data(idx)
        except UnusableSample as error:
            if self.test_mode:
                raise
            self.bad.add(self.epoch_index[idx] % len(self), error)
            return None

    def _describe(self, row: int) -> str:
        return super().get_data_info(row)['img_path']
