from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmpose.registry import DATASETS

from pfld_mm.core.face_markups import IBUG68
from pfld_mm.core.image import is_image
from pfld_mm.datasets.face.annotated_face import AnnotatedFace
from pfld_mm.datasets.face.face_dataset import FaceDataset
from pfld_mm.datasets.face.missing_points import visibility_weights, without_missing
from pfld_mm.datasets.face.pts_file import PtsFile

HOMEPAGE = 'https://ibug.doc.ic.ac.uk/resources/300-W/'
IMAGES = ('.jpg', '.jpeg', '.png', '.bmp', '.JPG', '.JPEG', '.PNG', '.BMP')


@DATASETS.register_module()
class IBUGFace(FaceDataset):
    """Faces as 300-W stores them: a ``.pts`` file beside each image, 68 points by default.

    A ``.pts`` file holds lines "x y", or "x y v" with COCO's flag of visibility, with or without
    the header ``version: 1``, ``n_points: K``, braces. A point that is not marked (v = 0, or -1 -1)
    has weight 0 and does not change the box; a hidden one (v = 1) has half the weight. Further
    faces of ``name.jpg`` are ``name.2.pts``, ``name.3.pts`` and so on.

    300-W was marked up in Matlab, whose first pixel is (1, 1); the image readers here start at
    (0, 0). So 1 is subtracted by default (menpo, the reader of 300-W's authors, does the same);
    for points written by a 0-based tool say ``one_based=False``.

    Your own points: put ``name.pts`` beside ``name.jpg`` and describe the mark-up::

        dict(type='IBUGFace', data_root='data/mine', folders=['train'], one_based=False,
             metainfo=dict(
                 dataset_name='five', num_keypoints=5,
                 flip_pairs=[(0, 1), (3, 4)],            # eyes, corners of the mouth
                 lines=dict(mouth=([3, 4], False))))      # only for drawing; may be left out

    A point that is in no flip pair stays itself in the mirror (the tip of the nose).

    Source: Sagonas et al., "300 Faces in-the-Wild Challenge", ICCVW 2013.

    Args:
        folders: one folder or a list, relative to ``data_root``; each is searched for
            ``*.pts``, not below it.
        one_based: whether the first pixel of the image is (1, 1).
        **kwargs: see ``FaceDataset``; ``box='annotated'`` is refused, there is none.
    """

    METAINFO: dict = IBUG68.mmpose_metainfo()

    def __init__(
        self,
        *,
        folders: str | Sequence[str] = '',
        one_based: bool = True,
        **kwargs: Any,
    ) -> None:
        if kwargs.get('box') == 'annotated':
            raise ValueError(
                "IBUGFace: box='annotated' is impossible, .pts files have no box; use "
                "box='landmarks' or box='detector'"
            )
        self.folders = [folders] if isinstance(folders, str) else list(folders)
        self.one_based = one_based
        super().__init__(**kwargs)

    def load_faces(self) -> list[AnnotatedFace]:
        """Read all ``.pts`` files.

        Raises:
            FileNotFoundError: if a folder or the image of a ``.pts`` file is missing.
            ValueError: for a folder without ``.pts`` files or a malformed one.
        """
        faces = []
        for folder in self.folders:
            path = Path(self.data_root or '', folder)
            if not path.is_dir():
                raise FileNotFoundError(
                    f'{path.absolute()} does not exist. Get 300-W from {HOMEPAGE}, unpack it '
                    'and set data_root (and folders) to it.'
                )
            names = set(os.listdir(path))
            points_files = sorted(name for name in names if name.endswith('.pts'))
            if not points_files:
                raise ValueError(
                    f'{path.absolute()}: expected .pts files, each with its image beside it, '
                    'found none; name the folder that holds them in folders'
                )
            faces.extend(self._face(path, name, names) for name in points_files)
        return faces

    def _face(self, folder: Path, name: str, names: set[str]) -> AnnotatedFace:
        stem = name[: -len('.pts')]
        stems = (stem, re.sub(r'\.\d+$', '', stem))
        image = next((s + end for s in stems for end in IMAGES if s + end in names), None)
        if image is None:  # another ending, as .jfif
            beside = sorted(n for n in names - {name} if Path(n).stem == stem)
            image = next((n for n in beside if is_image(folder / n)), None)
        if image is None:
            raise FileNotFoundError(
                f'{folder / name}: expected its image beside it ({stem}.jpg, .jpeg, .png or '
                '.bmp), found none; add the image or remove the .pts file'
            )
        file = PtsFile.read(folder / name)
        weights = visibility_weights(file.visibility)
        points = without_missing(file.points - self.one_based, weights).astype(np.float32)
        source = str(folder / name)
        return AnnotatedFace(points, str(folder / image), source, weights=weights)


def read_pts(path: Path) -> np.ndarray:
    """The points (K, 2) float64 of a ``.pts`` file, as written, see ``PtsFile``."""
    return PtsFile.read(path).points
