from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pfld_mm.datasets.face.unusable_sample import UnusableSample
from pfld_mm.datasets.finder.finder_labels import read_lines

POINTS = 98


class FaceCrops:
    """Images of single faces with the 98 points of WFLW, to be pasted into scenes.

    Args:
        ann_file: A line a face: 196 coordinates first, the image last, as in WFLW's lists and in
            lists of pseudo-labels.
        folder: Which the images are relative to.
        fields: Fields of a line.
        exclude: Images whose path contains one of these are left out.

    Raises:
        FileNotFoundError: If the list is missing.
        ValueError: If a line is malformed or no face is left; names file and line.
    """

    def __init__(
        self, ann_file: str | Path, folder: str | Path, fields: int, exclude: tuple[str, ...] = ()
    ) -> None:
        lines = read_lines(ann_file, fields, '196 coordinates, ..., image')
        lines = [line for line in lines if not any(part in line[1][-1] for part in exclude)]
        if not lines:
            raise ValueError(f'{ann_file}: no face is left without {exclude}')
        self.paths = [Path(folder, fields[-1]) for _, fields in lines]
        self.sources = [source for source, _ in lines]
        self.points = np.stack([_points(source, fields) for source, fields in lines])

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Image (H, W, 3) uint8 BGR and points (98, 2) float32."""
        image = cv2.imread(str(self.paths[index]), cv2.IMREAD_COLOR)
        if image is None:
            raise UnusableSample(
                f'{self.sources[index]}: {self.paths[index]} is not a readable image'
            )
        return image, self.points[index]


def _points(source: str, fields: list[str]) -> np.ndarray:
    try:
        return np.array(fields[: 2 * POINTS], np.float32).reshape(POINTS, 2)
    except ValueError as error:
        raise ValueError(f'{source}: expected 196 coordinates ({error})') from None
