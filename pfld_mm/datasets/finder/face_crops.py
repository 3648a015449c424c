from __future__ import annotations

from pathlib import Path

import numpy as np

from pfld_mm.datasets.face.missing_points import is_missing
from pfld_mm.datasets.finder.finder_labels import numbers_of, read_lines
from pfld_mm.datasets.inside import inside
from pfld_mm.datasets.usable_image import read_usable_image

POINTS = 98
LAYOUT = '196 coordinates, ..., image'
ANY_FOLDER = "set folder='' and data_root=None to allow any path"


class FaceCrops:
    """Images of single faces with the 98 points of WFLW, to be pasted into scenes.

    Args:
        ann_file: A line a face: 196 coordinates first, the image last, as in WFLW's lists and in
            lists of pseudo-labels.
        folder: Which the images are relative to.
        fields: Fields of a line.
        exclude: Images whose path contains one of these are left out; so are faces with a point
            that is not marked (-1 -1).

    Raises:
        FileNotFoundError: If the list is missing.
        ValueError: If a line is malformed, an image is not below the folder, or no face is left;
            names file and line.
    """

    def __init__(
        self, ann_file: str | Path, folder: str | Path, fields: int, exclude: tuple[str, ...] = ()
    ) -> None:
        found = [
            (source, line, _points(source, line))
            for source, line in read_lines(ann_file, fields, LAYOUT)
            if not any(part in line[-1] for part in exclude)
        ]
        found = [one for one in found if not is_missing(one[2]).any()]
        if not found:
            raise ValueError(f'{ann_file}: no face is left without {exclude}')
        self.paths = [inside(folder, line[-1], source, ANY_FOLDER) for source, line, _ in found]
        self.sources = [source for source, _, _ in found]
        self.points = np.stack([points for _, _, points in found])

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Image (H, W, 3) uint8 BGR and points (98, 2) float32."""
        image = read_usable_image(self.paths[index], self.sources[index])
        return image, self.points[index]


def _points(source: str, fields: list[str]) -> np.ndarray:
    points = numbers_of(fields[: 2 * POINTS], source, LAYOUT).reshape(POINTS, 2)
    return points.astype(np.float32)
