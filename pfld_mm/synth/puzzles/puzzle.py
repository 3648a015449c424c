"""One generated puzzle image and where everything in it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Puzzle:
    """A slider puzzle with exact labels.

    Coordinates are continuous image coordinates: x in [0, W], y in [0, H], (0, 0) the outer
    corner of the top left pixel, so that pixel (i, j) has its center at (i + 0.5, j + 0.5). A
    center is the center of the axis-aligned bounding box of the shape as drawn (turned, tabs
    included).

    Attributes:
        image: (H, W, 3) BGR uint8.
        gap: Center (x, y) of the true gap, None where there is none.
        piece: Center (x, y) of the piece, None where there is none.
        angle_deg: How far the gap is turned against the piece, from +x towards +y (clockwise as
            seen), in degrees; None where there is no gap.
        decoys: Centers of gaps that the piece does not fit, in shape, size, rotation or row.
        gap_outline: Of the gap as drawn, without the holes of a hollow one, (M, 2);
            None where there is none.
        piece_outline: Of the piece, None where there is none.
        origin: Center of the part of the image that the piece shows. A gap is there if it is drawn;
            None where there is no piece.
    """

    image: np.ndarray
    gap: Point | None
    piece: Point | None
    angle_deg: float | None
    decoys: tuple[Point, ...]
    gap_outline: np.ndarray | None
    piece_outline: np.ndarray | None
    origin: Point | None = None

    @property
    def gap_box(self) -> Box | None:
        """Bounding box (x1, y1, x2, y2) of the gap, None where there is none."""
        return None if self.gap_outline is None else _bounding_box(self.gap_outline)

    @property
    def piece_box(self) -> Box | None:
        """Bounding box of the piece, None where there is none."""
        return None if self.piece_outline is None else _bounding_box(self.piece_outline)

    def moved(self, image: np.ndarray, scale: Point = (1, 1), shift: Point = (0, 0)) -> Puzzle:
        """The puzzle on `image`, each label p becoming p * scale + shift."""

        def point(p: Point | None) -> Point | None:
            return p and (p[0] * scale[0] + shift[0], p[1] * scale[1] + shift[1])

        def outline(points: np.ndarray | None) -> np.ndarray | None:
            return None if points is None else points * scale + shift

        return replace(
            self,
            image=image,
            gap=point(self.gap),
            piece=point(self.piece),
            decoys=tuple(point(d) for d in self.decoys),
            gap_outline=outline(self.gap_outline),
            piece_outline=outline(self.piece_outline),
            origin=point(self.origin),
        )


def _bounding_box(outline: np.ndarray) -> Box:
    return (*outline.min(axis=0).tolist(), *outline.max(axis=0).tolist())
