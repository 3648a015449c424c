from __future__ import annotations

from pathlib import Path

import numpy as np
from mmpose.registry import DATASETS

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.finder.face_geometry import WFLW_POINTS
from pfld_mm.core.head_pose import crop_pose
from pfld_mm.datasets.face.missing_points import is_missing, without_missing
from pfld_mm.datasets.finder.finder_dataset import FinderDataset
from pfld_mm.datasets.finder.finder_labels import ImageFaces, numbers_of, read_lines
from pfld_mm.datasets.inside import inside

FIELDS = 207
LAYOUT = '196 coordinates, box, six attributes, image'
ANY_FOLDER = "set image_folder='' and data_root=None to allow any path"


@DATASETS.register_module()
class WFLWImages(FinderDataset):
    """WFLW's images with all their labelled faces, from the official lists.

    The box is the one around the 98 points; yaw is solved from them. A face with a point that is
    not marked (-1 -1) is neither learnt nor a mistake. WFLW does not label every face of an image,
    so some other finds are correct.

    Args:
        image_folder: Of the images, relative to ``data_root``.
        kwargs: As `FinderDataset` takes them.
    """

    ATTRIBUTES = ('pose', 'expression', 'illumination', 'make-up', 'occlusion', 'blur')

    def __init__(self, image_folder: str = 'WFLW_images', **kwargs) -> None:
        self.image_folder = image_folder
        super().__init__(**kwargs)

    def read(self, path: Path) -> list[ImageFaces]:
        """Read one list.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If a line is malformed; names file and line.
        """
        rows: dict[str, list[np.ndarray]] = {}
        sources: dict[str, str] = {}
        for source, fields in read_lines(path, FIELDS, LAYOUT):
            rows.setdefault(fields[-1], []).append(numbers_of(fields[:-1], source, LAYOUT))
            sources.setdefault(fields[-1], source)
        return [
            _faces(
                inside(self.image_folder, image, sources[image], ANY_FOLDER),
                sources[image],
                np.stack(faces),
            )
            for image, faces in rows.items()
        ]


def _faces(image: str, source: str, rows: np.ndarray) -> ImageFaces:
    faces = [without_missing(one, ~is_missing(one)) for one in rows[:, :196].reshape(-1, 98, 2)]
    points = np.stack(faces).astype(np.float32)
    boxes = landmark_boxes(points)
    return ImageFaces(
        image=image,
        source=source,
        boxes=boxes,
        points=points[:, WFLW_POINTS],
        yaw=np.array([_yaw(*one) for one in zip(points, boxes, strict=True)], np.float32),
        ignore=np.array([is_missing(one).any() for one in rows[:, :196].reshape(-1, 98, 2)]),
        attributes=rows[:, 200:].astype(np.float32),
    )


def _yaw(points: np.ndarray, box: np.ndarray) -> float:
    """Degrees, from the points in a square of 1.2 boxes, as in a landmark network's crop."""
    side = float((box[2:] - box[:2]).max()) * 1.2
    corner = (box[:2] + box[2:]) / 2 - side / 2
    crop = (points - corner) * (112 / side)
    return float(np.rad2deg(crop_pose(crop, (112, 112)).yaw))
