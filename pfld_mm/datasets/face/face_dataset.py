from __future__ import annotations

import os
import random
from abc import abstractmethod
from typing import Any

import numpy as np
from mmpose.datasets.datasets.base import BaseCocoStyleDataset

from pfld_mm.core.markup import Markup
from pfld_mm.datasets.epoch_clock import EpochClock
from pfld_mm.datasets.face.annotated_face import AnnotatedFace
from pfld_mm.datasets.face.face_box import BOX_RULES, face_box
from pfld_mm.datasets.face.image_split import select_part
from pfld_mm.datasets.face.unusable_sample import UnusableSample
from pfld_mm.datasets.face.unusable_sample_counter import UnusableSampleCounter


class FaceDataset(BaseCocoStyleDataset):
    """Faces with K points, read straight from a mark-up's own files.

    A subclass implements ``load_faces``. A sample's ``data_info`` holds ``img_path``, ``id``
    (number of the face in the annotation), ``img_id``, ``bbox`` (1, 4) x_min, y_min, x_max,
    y_max, ``bbox_score`` (1,), ``keypoints`` (1, K, 2) float32 in pixels, never rounded,
    ``keypoints_visible`` (1, K) the points' weights, ones in most mark-ups (points outside the
    image are kept), ``attributes`` (6,) float32 and ``raw_ann_info`` (dict of id, image_id and
    source, the ``file:line``).

    Randomness: before the pipeline runs, ``random`` and ``numpy.random`` are seeded from
    (seed, epoch, index), so a sample does not depend on workers, order or resuming. ``EpochHook``
    calls ``set_epoch``; without it visits are counted (see ``EpochClock``). The random state is not
    restored afterwards, so a dataset that wraps this one continues the same sequence.

    Args:
        box: rule for the box, see ``face_box``: ``'landmarks'``, ``'annotated'`` or
            ``'detector'``. The box is not padded here; the factor 1.2 of the PFLD papers is
            ``GetBBoxCenterScale(padding=1.2)`` in the pipeline.
        seed: non-negative; of the augmentations and of the detector's errors.
        part: None for all faces, or ``('train', 0.05)`` and ``('val', 0.05)``, see
            ``select_part``: a fraction of the images held out for validation.
        max_bad: the fraction of unusable faces that training tolerates (at least 10).
        metainfo: MMPose's meta information, or the short form of ``markups.py``
            (``dataset_name``, ``num_keypoints``, ``flip_pairs``, ``lines``).
        **kwargs: see ``BaseCocoStyleDataset``.

    Raises:
        FileNotFoundError: if the annotation or the folder of images is missing.
        ValueError: for a malformed annotation (names file and line) or argument.
    """

    def __init__(
        self,
        *,
        box: str = 'landmarks',
        seed: int = 0,
        part: tuple[str, float] | None = None,
        max_bad: float = 0.01,
        **kwargs: Any,
    ) -> None:
        if box not in BOX_RULES:
            raise ValueError(f'box must be one of {BOX_RULES}, found {box!r}')
        if seed < 0:
            raise ValueError(f'seed must not be negative, found {seed}')
        self.box = box
        self.seed = seed
        self.part = part
        self.max_bad = max_bad
        super().__init__(**kwargs)

    @classmethod
    def _load_metainfo(cls, metainfo: dict | None = None) -> dict:
        if metainfo is not None and 'num_keypoints' in metainfo:
            metainfo = Markup.from_dict(metainfo).mmpose_metainfo()
        return super()._load_metainfo(metainfo)

    @abstractmethod
    def load_faces(self) -> list[AnnotatedFace]:
        """Read and check the annotation."""

    def load_data_list(self) -> list[dict]:
        """The faces of the wanted part, as MMPose's data infos."""
        faces = self.load_faces()
        names = [os.path.relpath(face.image, self.data_root or '.') for face in faces]
        chosen = range(len(faces)) if self.part is None else select_part(faces, names, self.part)
        image_ids = {name: i for i, name in enumerate(dict.fromkeys(names))}
        return [self._data_info(faces[i], i, image_ids[names[i]]) for i in chosen]

    def _data_info(self, face: AnnotatedFace, index: int, image_id: int) -> dict:
        expected = self._metainfo['num_keypoints']
        if face.points.shape != (expected, 2):
            raise ValueError(
                f'{face.source}: found {len(face.points)} points, but the mark-up '
                f'{self._metainfo["dataset_name"]!r} has {expected}; give the dataset a metainfo '
                f'with num_keypoints={len(face.points)}, or other data'
            )
        box = face_box(face, self.box, self.seed, index)
        return dict(
            id=index,
            img_id=image_id,
            img_path=face.image,
            bbox=box[None],
            bbox_score=np.ones(1, np.float32),
            keypoints=face.points[None].astype(np.float32),
            keypoints_visible=face.weights[None],
            attributes=face.attributes,
            raw_ann_info=dict(id=index, image_id=image_id, source=face.source),
        )

    def full_init(self) -> None:
        """Load the annotation, once, and start counting bad faces."""
        if self._fully_initialized:
            return
        super().full_init()
        self._clock = EpochClock(len(self), self.test_mode)
        self._bad = UnusableSampleCounter(len(self), self.max_bad, self._describe)

    def _describe(self, index: int) -> str:
        info = self.get_data_info(index)
        return f'{info["img_path"]} ({info["raw_ann_info"]["source"]})'

    def set_epoch(self, epoch: int | None) -> None:
        """Choose the augmentations of this epoch, in all workers."""
        self.full_init()
        self._clock.set_epoch(epoch)

    def prepare_data(self, idx: int) -> Any:
        """Sample ``idx`` through the pipeline; in training another one where it is bad.

        Raises:
            UnusableSample: in test mode, if the face cannot be used.
            RuntimeError: in training, if too many faces cannot.
        """
        idx = range(len(self))[idx]
        words = np.random.SeedSequence([self.seed, self._clock[idx], idx]).generate_state(8)
        np.random.seed(words[:4])
        random.seed(words[4:].tobytes())
        while True:
            try:
                return super().prepare_data(idx)
            except UnusableSample as error:
                if self.test_mode:
                    raise
                self._bad.add(idx, error)  # ends when all have failed, at the latest
                idx = self._rand_another()
