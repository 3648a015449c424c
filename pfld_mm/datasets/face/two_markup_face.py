from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmpose.registry import DATASETS

from pfld_mm.core.face_markups import WFLW98_IBUG68
from pfld_mm.datasets.face.annotated_face import AnnotatedFace
from pfld_mm.datasets.face.face_dataset import FaceDataset
from pfld_mm.datasets.face.ibug_face import read_pts
from pfld_mm.datasets.face.markup_map import IN_WFLW, MarkupMap
from pfld_mm.datasets.face.pseudo_labels import PseudoLabel, usable_labels


@DATASETS.register_module()
class TwoMarkupFace(FaceDataset):
    """166 points a face: WFLW's 98 from a teacher, then 300-W's 68, marked by hand.

    One network learns both mark-ups (``tools/publish.py`` makes a model of each in the
    end): the hand-made points correct what the teacher gets wrong, the teacher adds the points
    and the faces that nobody marked.

    A line of a list is 196 coordinates, ``spread`` (mean distance of the teacher's predictions
    from their mean), ``gap`` (mean distance to a 68-point label, 0 if unknown), both in distances
    of the outer corners of the eyes, and the image relative to ``data_root``. An image of
    ``pts_folders`` has its 68 points in a ``.pts`` file (1-based) beside it. Elsewhere they
    follow from the teacher's by a :class:`MarkupMap`, fitted on the faces (of the wanted part)
    that have both.

    The teacher's points of a face weigh ``min(1, sure_spread / spread)``; points that were mapped
    weigh ``mapped`` times that, and nothing where too few faces have both mark-ups.

    Args:
        ann_files: one list or several, relative to ``data_root``.
        pts_folders: folders, relative to ``data_root``, with hand-made ``.pts`` files.
        sure_spread: up to this spread the teacher's points have full weight.
        max_spread: faces with a larger spread are left out.
        max_gap: so are faces whose mark-ups contradict each other by more than this.
        mapped: weight of points that the map made.
        repeat_marked: how often a face with a ``.pts`` file comes in an epoch.
        only_marked: keep only faces with a ``.pts`` file, for validation.
        **kwargs: see ``FaceDataset``.
    """

    METAINFO: dict = WFLW98_IBUG68.mmpose_metainfo()

    def __init__(
        self,
        *,
        ann_files: str | Sequence[str],
        pts_folders: Sequence[str] = (),
        sure_spread: float = 0.016,
        max_spread: float = 0.04,
        max_gap: float = 0.15,
        mapped: float = 0.5,
        repeat_marked: int = 1,
        only_marked: bool = False,
        **kwargs: Any,
    ) -> None:
        self.ann_files = [ann_files] if isinstance(ann_files, str) else list(ann_files)
        self.pts_folders = {os.path.normpath(folder) for folder in pts_folders}
        self.sure_spread = sure_spread
        self.max_spread = max_spread
        self.max_gap = max_gap
        self.mapped = mapped
        self.repeat_marked = repeat_marked
        self.only_marked = only_marked
        super().__init__(**kwargs)

    def load_faces(self) -> list[AnnotatedFace]:
        """Read the lists.

        Raises:
            FileNotFoundError: if a list or a ``.pts`` file is missing.
            ValueError: for a malformed line or no usable face.
        """
        labels = usable_labels(self.data_root or '', self.ann_files, self.max_spread, self.max_gap)
        return [self._face(label) for label in labels]

    def load_data_list(self) -> list[dict]:
        """The faces of the wanted part; those with hand-made points repeated."""
        infos = super().load_data_list()
        marked = [info['keypoints_visible'][0, -1] > 0 for info in infos]
        if self.only_marked:
            return [info for info, is_marked in zip(infos, marked, strict=True) if is_marked]
        self._map_points(infos, marked)
        repeats = [self.repeat_marked if is_marked else 1 for is_marked in marked]
        return [info for info, n in zip(infos, repeats, strict=True) for _ in range(n)]

    def _map_points(self, infos: list[dict], marked: list[bool]) -> None:
        """Map the 68 points of faces that have no hand-made ones."""
        if sum(marked) < MarkupMap.LEAST:
            return
        points = np.concatenate([info['keypoints'] for info in infos])
        marked = np.array(marked)
        guess = MarkupMap(points[marked, :98], points[marked, 98:])(points[~marked, :98])
        for index, face in zip(np.flatnonzero(~marked), guess, strict=True):
            visible = infos[index]['keypoints_visible']
            infos[index]['keypoints'][0, 98:] = face
            visible[:, 98:] = self.mapped * visible[:, :1]

    def _face(self, label: PseudoLabel) -> AnnotatedFace:
        """The 166 points of a face."""
        weights = np.zeros(166, np.float32)
        weights[:98] = min(1.0, self.sure_spread / max(label.spread, 1e-9))
        marked = label.points[IN_WFLW]
        if os.path.normpath(os.path.dirname(label.image)) in self.pts_folders:
            marked = read_pts(Path(label.path).with_suffix('.pts')) - 1
            weights[98:] = 1
        points = np.concatenate([label.points, marked]).astype(np.float32)
        return AnnotatedFace(points, label.path, label.source, weights=weights)
