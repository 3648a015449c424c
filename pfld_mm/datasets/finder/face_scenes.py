from __future__ import annotations

import os
from collections.abc import Sequence

import cv2
import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.finder.face_geometry import WFLW_POINTS
from pfld_mm.datasets.finder.empty_scenes import EmptyScenes
from pfld_mm.datasets.finder.face_crops import FaceCrops


@DATASETS.register_module()
class FaceScenes(BaseDataset):
    """Mosaics of single faces on busy backgrounds, composed on the fly.

    The scene is a grid; each cell holds a face, turned and scaled, or shows the background. Boxes
    are exact after the rotation since all 98 points are known.

    Args:
        ann_file: See `FaceCrops`, relative to ``data_root``.
        folder: The same.
        fields: Fields of a line of the list.
        backgrounds: Folders of images without faces, relative to ``data_root``.
        exclude: See `FaceCrops`.
        size: (w, h) of a scene in pixels.
        grids: Cells a side; one is drawn for each scene.
        face_ratio: Range of the longer side of a face's box, in cells.
        max_angle: Of the rotation in degrees; a tenth of the faces is turned by up to twice that.
        empty_prob: Probability that a cell has no face.
        length: Scenes an epoch.
        kwargs: As mmengine's BaseDataset takes them.
    """

    def __init__(
        self,
        ann_file: str,
        folder: str,
        fields: int,
        backgrounds: Sequence[str] = (),
        exclude: Sequence[str] = (),
        size: tuple[int, int] = (320, 320),
        grids: Sequence[int] = (1, 1, 2, 3, 4, 6, 9),
        face_ratio: tuple[float, float] = (0.5, 0.8),
        max_angle: float = 45.0,
        empty_prob: float = 0.25,
        length: int = 1000,
        **kwargs,
    ) -> None:
        self.source = (ann_file, folder)
        self.fields = fields
        self.exclude = tuple(exclude)
        self.backgrounds = EmptyScenes(folders=backgrounds, size=size, **kwargs)
        self.size = tuple(size)
        self.grids = tuple(grids)
        self.face_ratio = tuple(face_ratio)
        self.max_angle = max_angle
        self.empty_prob = empty_prob
        self.length = length
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Read the list of faces; one empty record a scene."""
        paths = (os.path.join(self.data_root or '', name) for name in self.source)
        self.crops = FaceCrops(*paths, self.fields, self.exclude)
        self.backgrounds.full_init()
        return [{} for _ in range(self.length)]

    def get_data_info(self, idx: int) -> dict:
        """Compose a scene from numpy's global random state."""
        scene = self.backgrounds.get_data_info(idx)['img']
        grid = int(np.random.choice(self.grids))
        cell = np.array(self.size, np.float64) / grid
        points, chosen = [], np.random.rand(grid, grid) >= self.empty_prob
        for row, column in np.argwhere(chosen | (grid == 1)):
            points.append(self._paste(scene, cell * (column, row), cell))
        points = np.array(points, np.float32).reshape(-1, 98, 2)
        return dict(
            img=scene,
            boxes=landmark_boxes(points),
            points=points[:, WFLW_POINTS],
            yaw=np.zeros(len(points), np.float32),
            ignore=np.zeros(len(points), bool),
        )

    def _paste(self, scene: np.ndarray, corner: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Paste a random face into a cell of the scene, in place; returns its points (98, 2)."""
        image, points = self.crops[np.random.randint(len(self.crops))]
        low, high = points.min(0), points.max(0)
        face = max(float((high - low).max()), 1.0)
        zoom = min(np.random.uniform(*self.face_ratio) * cell.min() / face, 2.5)
        reach = self.max_angle * (2 if np.random.rand() < 0.1 else 1)
        angle = np.random.uniform(-reach, reach) * np.random.choice((0.3, 1))
        matrix = cv2.getRotationMatrix2D(((low + high) / 2).tolist(), angle, zoom)
        slack = np.maximum(cell - face * zoom, 0) / 2
        middle = corner + cell / 2 + np.random.uniform(-1, 1, 2) * slack * 0.8
        matrix[:, 2] += middle - (low + high) / 2
        x0, y0 = np.floor(corner).astype(int)
        x1, y1 = np.ceil(corner + cell).astype(int)
        matrix[:, 2] -= (x0, y0)
        part = warp(image, matrix, (x1 - x0, y1 - y0), cv2.BORDER_REPLICATE)
        part = part[: scene.shape[0] - y0, : scene.shape[1] - x0]
        _blend(scene[y0:y1, x0:x1], part, middle - (x0, y0), face * zoom)
        return points @ matrix[:, :2].T + matrix[:, 2] + (x0, y0)


def warp(
    image: np.ndarray, matrix: np.ndarray, size: tuple[int, int], border: int, value: tuple = ()
) -> np.ndarray:
    """``cv2.warpAffine`` that averages first where it shrinks the image to less than half."""
    zoom = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if zoom < 0.5:
        height, width = image.shape[:2]
        small = (max(1, round(width * zoom * 1.4)), max(1, round(height * zoom * 1.4)))
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        matrix = matrix.copy()
        matrix[:, :2] *= (width / small[0], height / small[1])
    return cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=value
    )


def _blend(scene: np.ndarray, part: np.ndarray, center: np.ndarray, face: float) -> None:
    """Lay a face over the scene in place: as a rectangle, or as an ellipse around the head."""
    if np.random.rand() < 0.5:
        scene[:] = part
        return
    mask = np.zeros(part.shape[:2], np.float32)
    axes = (round(face * np.random.uniform(0.75, 1.0)), round(face * np.random.uniform(0.85, 1.1)))
    cv2.ellipse(mask, np.round(center).astype(int).tolist(), axes, 0, 0, 360, 1.0, -1)
    mask = cv2.blur(mask, (5, 5))[..., None]
    scene[:] = (part * mask + scene * (1 - mask) + 0.5).astype(np.uint8)
