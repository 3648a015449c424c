"""A contact sheet of synthetic faces, to look at."""

import cv2
import numpy as np

from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face


def draw_points(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A copy of an image (H, W, 3) uint8 with its points (K, 2) as dots of 3 px."""
    marked = image.copy()
    for x, y in np.round(points * 16).astype(int).tolist():
        cv2.circle(marked, (x, y), 20, (0, 255, 0), -1, cv2.LINE_AA, 4)
    return marked


def contact_sheet(
    seed: int = 0,
    split: str = 'train',
    rows: int = 8,
    columns: int = 8,
    points: bool = True,
    closed_ratio: float | None = None,
) -> np.ndarray:
    """The first rows x columns faces of a split side by side, (H, W, 3) uint8."""
    tiles = []
    for index in range(rows * columns):
        image, landmarks = render_face(sample_face(seed, split, index, closed_ratio=closed_ratio))
        tiles.append(draw_points(image, landmarks) if points else image)
    return np.vstack([np.hstack(tiles[row * columns : (row + 1) * columns]) for row in range(rows)])
