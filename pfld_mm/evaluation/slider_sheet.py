"""Sheets of a slider model's predictions beside the labels, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

TRUE, PREDICTED, DECOY = (80, 220, 60), (60, 60, 255), (0, 200, 255)
"""Colors in BGR: green the label, red the answer, yellow a decoy."""


def draw_prediction(
    image: np.ndarray,
    pred: np.ndarray,
    truth: Sequence[Sequence[float] | None] = (None, None),
    decoys: Sequence[Sequence[float]] = (),
    heatmap: np.ndarray | None = None,
    title: str = '',
    width: int = 640,
) -> np.ndarray:
    """Draw the heatmap over a puzzle, true and predicted centers and decoys.

    The marks leave the middle free, so that the score map below them is seen.

    Args:
        image: BGR uint8 (H, W, 3).
        pred: Predicted gap and piece in pixels of the image, pixel (0, 0) centered
            at (0, 0), (2, 2): an upright and a tilted
            red cross.
        truth: True gap and piece, None where not labelled: green rings.
        decoys: False gaps: yellow squares.
        heatmap: Scores in [0, 1] in the frame of the image, any size, (h, w). The image
            below it is gray.
        title: A line of text at the top.
        width: Of the drawing in pixels.

    Returns:
        A new BGR image, ``width`` pixels wide.
    """
    scale = width / image.shape[1]
    canvas = cv2.resize(image, (width, max(1, round(image.shape[0] * scale))))
    if heatmap is not None:
        canvas = _blend(canvas, heatmap)
    for point in truth:
        if point is not None:
            cv2.circle(canvas, _pixel(point, scale), 13, TRUE, 1, cv2.LINE_AA)
    for point in decoys:
        x, y = _pixel(point, scale)
        cv2.rectangle(canvas, (x - 13, y - 13), (x + 13, y + 13), DECOY, 1)
    for point, tilt in zip(pred, (0, 45), strict=True):
        _cross(canvas, _pixel(point, scale), tilt)
    if title:
        for color, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            font = cv2.FONT_HERSHEY_SIMPLEX
            cv2.putText(canvas, title, (6, 16), font, 0.45, color, thickness, cv2.LINE_AA)
    return canvas


def heatmap_in_image(
    heatmap: np.ndarray, shape: tuple[int, int], center: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Bring a heatmap of the letterboxed input into the frame of the image.

    Args:
        heatmap: Scores (h, w) over the whole input.
        shape: (H, W) of the image.
        center: mmpose's ``input_center``, (x, y) in pixels from the image's corner.
        scale: mmpose's ``input_scale``, (w, h) in pixels of the image.

    Returns:
        Scores (H, W).
    """
    zoom = np.asarray(scale, np.float64) / heatmap.shape[::-1]  # image pixels a cell
    shift = np.asarray(center) - np.asarray(scale) / 2 + 0.5 * zoom - 0.5
    matrix = np.array([[zoom[0], 0, shift[0]], [0, zoom[1], shift[1]]])
    return cv2.warpAffine(heatmap.astype(np.float32), matrix, (shape[1], shape[0]))


def slider_sheet(images: Sequence[np.ndarray], columns: int = 3, width: int = 480) -> np.ndarray:
    """Put drawn puzzles (H, W, 3) on one sheet, each ``width`` pixels wide.

    Raises:
        ValueError: If there is no image.
    """
    if not images:
        raise ValueError('there is no image to put on the sheet')
    tiles = []
    for image in images:
        height = max(1, round(image.shape[0] * width / image.shape[1]))
        tiles.append(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    tallest = max(tile.shape[0] for tile in tiles)
    tiles = [np.pad(t, ((0, tallest - t.shape[0]), (0, 0), (0, 0))) for t in tiles]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(rows)


def _blend(image: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """Gray where the score is low, colored where it is high; the root shows weak answers."""
    h, w = image.shape[:2]
    scores = np.sqrt(np.clip(cv2.resize(heatmap.astype(np.float32), (w, h)), 0, 1))
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None] * 0.6 + 40
    colors = cv2.applyColorMap((scores * 255).astype(np.uint8), cv2.COLORMAP_HOT)
    return (gray * (1 - scores[..., None]) + colors * scores[..., None]).astype(np.uint8)


def _cross(canvas: np.ndarray, center: tuple[int, int], tilt: float) -> None:
    """Four red strokes that point at the center from 6 to 18 pixels away."""
    for turn in np.deg2rad(np.arange(4) * 90 + tilt):
        direction = np.array([np.cos(turn), np.sin(turn)])
        ends = [tuple(np.round(np.array(center) + r * direction).astype(int)) for r in (6, 18)]
        cv2.line(canvas, [int(v) for v in ends[0]], [int(v) for v in ends[1]], PREDICTED, 2)


def _pixel(point: Sequence[float], scale: float) -> tuple[int, int]:
    """The pixel of the scaled image that a point of the image lies in."""
    return int(np.floor((point[0] + 0.5) * scale)), int(np.floor((point[1] + 0.5) * scale))
