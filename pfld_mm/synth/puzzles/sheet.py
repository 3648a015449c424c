"""A contact sheet: many puzzles on one image, with their labels drawn."""

from __future__ import annotations

import cv2
import numpy as np

from pfld_mm.synth.puzzles.puzzle import Puzzle

GAP, PIECE, DECOY = (0, 255, 0), (255, 128, 0), (0, 0, 255)


def draw_labels(puzzle: Puzzle, scale: float = 1.0) -> np.ndarray:
    """The image `scale` times as large: gap green, piece blue, decoys red, boxes of the first."""
    height, width = puzzle.image.shape[:2]
    size = (round(width * scale), round(height * scale))
    puzzle = puzzle.moved(
        cv2.resize(puzzle.image, size, interpolation=cv2.INTER_AREA),
        scale=(size[0] / width, size[1] / height),
    )
    marks = [(puzzle.gap, puzzle.gap_box, GAP), (puzzle.piece, puzzle.piece_box, PIECE)]
    marks += [(decoy, None, DECOY) for decoy in puzzle.decoys]
    for center, box, color in marks:
        if center is not None:
            cv2.drawMarker(puzzle.image, _fix(center), color, cv2.MARKER_CROSS, 11)
        if box is not None:
            cv2.rectangle(puzzle.image, _fix(box[:2]), _fix(box[2:]), color)
    return puzzle.image


def contact_sheet(
    puzzles: list[Puzzle], columns: int = 4, tile: int = 320, labels: bool = True
) -> np.ndarray:
    """All puzzles on one image, `columns` a row, each scaled to fit tile x 0.625 tile px."""
    rows = -(-len(puzzles) // columns)
    tall = round(tile * 0.625)
    sheet = np.full((rows * tall, columns * tile, 3), 32, np.uint8)
    for index, puzzle in enumerate(puzzles):
        height, width = puzzle.image.shape[:2]
        scale = min((tile - 4) / width, (tall - 4) / height)
        size = (round(width * scale), round(height * scale))
        small = draw_labels(puzzle, scale) if labels else cv2.resize(puzzle.image, size)
        top, left = index // columns * tall, index % columns * tile
        sheet[top : top + small.shape[0], left : left + small.shape[1]] = small
    return sheet


def _fix(point: tuple[float, float]) -> tuple[int, int]:
    """The pixel that a continuous point lies in."""
    return int(point[0]), int(point[1])
