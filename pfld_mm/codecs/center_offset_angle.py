from __future__ import annotations

import numpy as np
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS

from pfld_mm.core.slider.decode import STRIDE, decode_slider


@KEYPOINT_CODECS.register_module()
class CenterOffsetAngleLabel(BaseKeypointCodec):
    """Gap and piece as heatmap, sub-cell offset and angle on a grid, after CenterNet (Zhou et al.,
    Objects as Points, arXiv 1904.07850).

    In the network's input coordinates are continuous: the center of pixel i is at i + 0.5, and so
    is that of cell j in cells, for heatmap and offset alike: a heatmap on integer cells beside an
    offset from floor(u) would be decoded a cell off for half of all centers.

    * Heatmap: a Gaussian of ``sigma`` cells; the cell that holds the center has exactly 1 and
      is the only positive, all others at most ``NEIGHBOUR_CAP``.
    * Offset: from every cell to the center, per axis, clamped to ``offset_reach``, so
      that a neighbour points at the center as far as it can.
    * Padding: a cell's weight is the valid part of its pixels. A center on the far edge
      of the image belongs to the last valid cell.

    Args:
        input_size: (w, h) of the network's input in pixels, multiples of the stride.
        sigma: Of the Gaussian, in cells.
        offset_reach: Farthest offset, in cells per axis. Half a cell is all that a perfect peak
            needs; with more, a peak beside the true cell still points at the center.
        stride: Pixels of the input per cell, per axis.

    Raises:
        ValueError: If the input size is no multiple of the stride, or offsets reach less than
            half a cell.
    """

    NEIGHBOUR_CAP = 0.89
    """Just below the focal loss's positive threshold of 0.9."""

    auxiliary_encode_keys = {'angle', 'transformed_decoys', 'valid_mask'}
    field_mapping_table = dict(heatmaps='heatmaps', offsets='offsets', cell_weights='cell_weights')
    label_mapping_table = dict(
        center_labels='center_labels',
        keypoint_weights='keypoint_weights',
        angle_labels='angle_labels',
        angle_weights='angle_weights',
        decoy_labels='decoy_labels',
        decoy_weights='decoy_weights',
    )

    def __init__(
        self,
        input_size: tuple[int, int] = (512, 256),
        sigma: float = 1.5,
        offset_reach: float = 0.5,
        stride: int = STRIDE,
    ) -> None:
        super().__init__()
        if input_size[0] % stride or input_size[1] % stride:
            raise ValueError(f'input_size must be multiples of {stride}, found {input_size}')
        if offset_reach < 0.5:
            raise ValueError(f'offset_reach must be at least half a cell, found {offset_reach}')
        self.input_size = tuple(input_size)
        self.sigma = sigma
        self.offset_reach = offset_reach
        self.stride = stride

    def encode(
        self,
        keypoints: np.ndarray,
        keypoints_visible: np.ndarray | None = None,
        angle: float | None = None,
        transformed_decoys: np.ndarray | None = None,
        valid_mask: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Make the labels of one image.

        Args:
            keypoints: Gap and piece in input pixels, (1, 2, 2).
            keypoints_visible: (1, 2), 0 = not labelled. Defaults to both labelled.
            angle: Of the gap in radians; None or NaN = not labelled.
            transformed_decoys: Decoy centers in input pixels, (D, 2).
            valid_mask: 1 = image, 0 = padding, (H, W). Defaults to all valid.

        Returns:
            float32 arrays, h = H / stride and w = W / stride: ``heatmaps`` (2, h, w), ``offsets``
            (4, h, w) as du, dv of gap, then of piece, ``cell_weights`` (1, h, w),
            ``center_labels`` (1, 2, 2) and ``decoy_labels`` (1, D, 2) in cells,
            ``keypoint_weights`` (1, 2), ``angle_labels`` (1, 2) as sin, cos,
            ``angle_weights`` (1, 1), ``decoy_weights`` (1, D).
        """
        w, h = (side // self.stride for side in self.input_size)
        centers = np.asarray(keypoints, np.float64).reshape(2, 2) / self.stride
        visible = np.ones(2) if keypoints_visible is None else np.reshape(keypoints_visible, 2)
        cells = self._cell_weights(valid_mask)
        heatmaps, offsets = np.zeros((2, h, w)), np.zeros((4, h, w))
        weights = np.zeros(2)
        for index, center in enumerate(centers):
            cell = _holding_cell(center, cells)
            if visible[index] > 0 and cell is not None:
                heatmaps[index], offsets[2 * index : 2 * index + 2] = self._maps(center, cell)
                weights[index] = 1
        known = angle is not None and np.isfinite(angle) and weights[0] > 0
        theta = float(angle) if known else 0.0
        decoys = np.zeros((0, 2)) if transformed_decoys is None else transformed_decoys
        decoys = np.reshape(decoys, (-1, 2)) / self.stride
        counts = [weights[0] > 0 and _holding_cell(decoy, cells) is not None for decoy in decoys]
        labels = dict(
            heatmaps=heatmaps,
            offsets=offsets,
            cell_weights=cells[None],
            center_labels=centers[None],
            keypoint_weights=weights[None],
            angle_labels=[[np.sin(theta), np.cos(theta)]],
            angle_weights=[[float(known)]],
            decoy_labels=decoys[None],
            decoy_weights=np.reshape(counts, (1, len(decoys))),
        )
        return {key: np.asarray(value, np.float32) for key, value in labels.items()}

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Read the head's output for one image, point by point; `SliderCascade` does more.

        The head sets its score maps to 0 in the padding, so no padded cell wins.

        Args:
            encoded: (8, h, w): gap score, piece score, 4 offsets, sine, cosine.

        Returns:
            Gap and piece in input pixels (1, 2, 2), their scores (1, 2), the gap's angle in
            radians (1,).
        """
        points, scores, angle = decode_slider(encoded, stride=self.stride)
        return (
            points[None].astype(np.float32),
            scores[None].astype(np.float32),
            np.array([angle], np.float32),
        )

    def _cell_weights(self, valid_mask: np.ndarray | None) -> np.ndarray:
        """Average the mask (H, W) over the cells, (h, w); all ones without a mask."""
        w, h = (side // self.stride for side in self.input_size)
        if valid_mask is None:
            return np.ones((h, w))
        return valid_mask.reshape(h, self.stride, w, self.stride).mean(axis=(1, 3))

    def _maps(self, center: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Heatmap (h, w) and offsets (2, h, w) of one center, (u, v) in cells."""
        w, h = (side // self.stride for side in self.input_size)
        du = center[0] - (np.arange(w) + 0.5)
        dv = center[1] - (np.arange(h) + 0.5)
        squares = dv[:, None] ** 2 + du[None, :] ** 2
        heatmap = np.minimum(np.exp(-squares / (2 * self.sigma**2)), self.NEIGHBOUR_CAP)
        heatmap[cell[1], cell[0]] = 1
        offsets = np.stack(np.broadcast_arrays(du[None, :], dv[:, None]))
        return heatmap, np.clip(offsets, -self.offset_reach, self.offset_reach)


def _holding_cell(center: np.ndarray, cells: np.ndarray) -> np.ndarray | None:
    """The valid cell (column, row) that a center (u, v) lies in or on the edge of.

    ``cells`` (h, w) are the weights; valid cells form a rectangle. None where the center is
    outside of it.
    """
    columns, rows = np.flatnonzero(cells.any(axis=0)), np.flatnonzero(cells.any(axis=1))
    if not len(columns) or not np.isfinite(center).all():
        return None
    cell = np.floor(center).astype(int)
    cell = np.clip(cell, (columns[0], rows[0]), (columns[-1], rows[-1]))
    inside = np.abs(center - (cell + 0.5)) <= 0.5 + 1e-3
    return cell if inside.all() else None
