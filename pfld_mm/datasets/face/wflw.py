from __future__ import annotations

import os
from typing import Any

import numpy as np
from mmpose.registry import DATASETS

from pfld_mm.core.face_markups import WFLW98
from pfld_mm.core.text import read_text, short, to_numbers
from pfld_mm.datasets.face.annotated_face import AnnotatedFace
from pfld_mm.datasets.face.face_dataset import FaceDataset
from pfld_mm.datasets.face.missing_points import is_missing, without_missing
from pfld_mm.datasets.face.pts_file import LARGEST
from pfld_mm.datasets.inside import inside

HOMEPAGE = 'https://wywu.github.io/projects/LAB/WFLW.html'
LISTS = 'WFLW_annotations/list_98pt_rect_attr_train_test/'
FIELDS = 196 + 4 + 6 + 1


@DATASETS.register_module()
class WFLW(FaceDataset):
    """WFLW's 98 points, read straight from the official text lists.

    A line is 196 coordinates, the box x_min y_min x_max y_max, six attributes (pose,
    expression, illumination, make-up, occlusion, blur; 0 or 1) and the image's name under
    ``data_prefix['img']``. Coordinates are used as they are (0-based); a point that is not marked
    (-1 -1, -256 -256) has weight 0 and does not change the box.

    Source: Wu et al., "Look at Boundary", CVPR 2018.

    Args:
        ann_file: the list, relative to ``data_root``; default the official training list.
        data_prefix: ``dict(img=folder of the images)``, relative to ``data_root``.
        **kwargs: see ``FaceDataset``.
    """

    METAINFO: dict = WFLW98.mmpose_metainfo()

    def __init__(
        self,
        *,
        ann_file: str = LISTS + 'list_98pt_rect_attr_train.txt',
        data_prefix: dict | None = None,
        **kwargs: Any,
    ) -> None:
        data_prefix = dict(img='WFLW_images') if data_prefix is None else data_prefix
        super().__init__(ann_file=ann_file, data_prefix=data_prefix, **kwargs)

    def load_faces(self) -> list[AnnotatedFace]:
        """Read the list.

        Raises:
            FileNotFoundError: if the list or the folder of images is missing.
            ValueError: for an empty list or a malformed line, with its number.
        """
        images = self.data_prefix['img']
        for path, is_there in ((self.ann_file, os.path.isfile), (images or '.', os.path.isdir)):
            if not is_there(path):
                raise FileNotFoundError(
                    f'WFLW: {os.path.abspath(path)} does not exist. Get WFLW_images and '
                    f'WFLW_annotations from {HOMEPAGE}, unpack both into one folder and set '
                    'data_root to it (or ann_file and data_prefix where they lie elsewhere).'
                )
        faces = [
            _parse(line, f'{self.ann_file}:{number}', images)
            for number, line in enumerate(read_text(self.ann_file).split('\n'), 1)
            if line.strip()
        ]
        if not faces:
            raise ValueError(
                f'{self.ann_file}: expected a line for every face, found none; get the list '
                f'from {HOMEPAGE}'
            )
        return faces


def _parse(line: str, source: str, images: str) -> AnnotatedFace:
    """One line of the list as a face."""
    fields = line.split()
    if len(fields) != FIELDS:
        raise ValueError(
            f'{source}: expected 196 coordinates, 4 box corners, 6 attributes and an image name '
            f'without blanks ({FIELDS} fields), found {len(fields)} fields'
            f'{_count(fields)}; correct or remove the line'
        )
    numbers = to_numbers(fields[:-1])
    is_sane = np.abs(numbers) <= LARGEST
    if not is_sane.all():
        place = int(np.flatnonzero(~is_sane)[0])
        raise ValueError(
            f'{source}: expected finite numbers, found {short(fields[place])} in field {place + 1} '
            f'(206 before the image name, at most {LARGEST:g}); correct or remove the line'
        )
    attributes = numbers[200:]
    if not np.isin(attributes, (0, 1)).all():
        raise ValueError(
            f'{source}: expected six attributes that are 0 or 1, found {short(fields[200:206])}; '
            'correct or remove the line'
        )
    points = numbers[:196].reshape(98, 2)
    weights = np.where(is_missing(points), 0, 1).astype(np.float32)
    return AnnotatedFace(
        points=without_missing(points, weights).astype(np.float32),
        image=inside(images, fields[-1], source),
        source=source,
        box=numbers[196:200].astype(np.float32),
        attributes=attributes.astype(np.float32),
        weights=weights,
    )


def _count(fields: list[str]) -> str:
    """How many coordinates a line of the wrong length would have, for the message."""
    coordinates = len(fields) - (FIELDS - 196)
    return f' (that would be {coordinates} coordinates)' if coordinates >= 0 else ''
