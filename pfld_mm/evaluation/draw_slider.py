from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

TRUE, PREDICTED, DECOY = (80, 220, 60), (60, 60, 255), (0, 200, 255)
"""Colours in BGR: green the label, red the answer, yellow a decoy."""


def draw_slider(
    picture: np.ndarray,
    pred: np.ndarray,
    truth: Sequence[Sequence[float] | None] = (None, None),
    decoys: Sequence[Sequence[float]] = (),
    heatmap: np.ndarray | None = None,
    title: str = '',
) -> np.ndarray:
    """Draw the heatmap over a puzzle, true and predicted centres and decoys.

    Args:
        picture: BGR uint8 (H, W, 3).
        pred: Predicted gap and piece in pixels of the picture, (2, 2): a red cross and a red
            tilted cross.
        truth: True gap and piece, None where not labelled: green rings.
        decoys: False gaps: yellow squares.
        heatmap: Scores in [0, 1] in the frame of the picture, any size, (h, w).
        title: A line of text at the top.

    Returns:
        A new BGR picture (H, W, 3).
    """
    canvas = picture.copy()
    if heatmap is not None:
        canvas = _blend(canvas, heatmap)
    for point in truth:
        if point is not None:
            cv2.circle(canvas, _pixel(point), 9, TRUE, 2, cv2.LINE_AA)
    for point in decoys:
        x, y = _pixel(point)
        cv2.rectangle(canvas, (x - 8, y - 8), (x + 8, y + 8), DECOY, 2, cv2.LINE_AA)
    markers = (cv2.MARKER_CROSS, cv2.MARKER_TILTED_CROSS)
    for point, marker in zip(pred, markers, strict=True):
        cv2.drawMarker(canvas, _pixel(point), PREDICTED, marker, 15, 2, cv2.LINE_AA)
    if title:
        for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            place = (6, 16)
            cv2.putText(canvas, title, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, width, 16)
    return canvas


def crop_heatmap(
    heatmap: np.ndarray, shape: tuple[int, int], center: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Bring a heatmap of the letterboxed input into the frame of the picture.

    Args:
        heatmap: Scores (h, w) over the whole input.
        shape: (H, W) of the picture.
        center: mmpose's ``input_center``, (x, y) in pixels of the picture.
        scale: mmpose's ``input_scale``, (w, h) in pixels of the picture.

    Returns:
        Scores (H, W).
    """
    zoom = np.asarray(scale, np.float64) / heatmap.shape[::-1]  # picture pixels a cell
    shift = np.asarray(center) - np.asarray(scale) / 2 + 0.5 * zoom - 0.5
    matrix = np.array([[zoom[0], 0, shift[0]], [0, zoom[1], shift[1]]])
    return cv2.warpAffine(heatmap.astype(np.float32), matrix, (shape[1], shape[0]))


def slider_sheet(pictures: Sequence[np.ndarray], columns: int = 3, width: int = 480) -> np.ndarray:
    """Put drawn puzzles (H, W, 3) on one sheet, each ``width`` pixels wide.

    Raises:
        ValueError: If there is no picture.
    """
    if not pictures:
        raise ValueError('there is no picture to put on the sheet')
    tiles = []
    for picture in pictures:
        height = max(1, round(picture.shape[0] * width / picture.shape[1]))
        tiles.append(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
    tallest = max(tile.shape[0] for tile in tiles)
    tiles = [np.pad(t, ((0, tallest - t.shape[0]), (0, 0), (0, 0))) for t in tiles]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(rows)


def _blend(picture: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """Colour the picture where the score is high; the rest is left as it is."""
    h, w = picture.shape[:2]
    heat = np.clip(cv2.resize(heatmap.astype(np.float32), (w, h)), 0, 1)
    colours = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_JET)
    share = 0.7 * np.sqrt(heat)[..., None]
    return (picture * (1 - share) + colours * share).astype(np.uint8)


def _pixel(point: Sequence[float]) -> tuple[int, int]:
    """The pixel that a continuous place lies in."""
    return int(np.floor(point[0])), int(np.floor(point[1]))
