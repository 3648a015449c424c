"""The three rules that give a face its box."""

from __future__ import annotations

import numpy as np

from pfld_mm.core.boxes import jittered, landmark_boxes
from pfld_mm.datasets.face.annotated_face import AnnotatedFace

PLACE_SIGMA = 0.05
SIZE_SIGMA = 0.10
BOX_RULES = ('landmarks', 'annotated', 'detector')


def face_box(face: AnnotatedFace, rule: str, seed: int, index: int) -> np.ndarray:
    """The box of a face, not padded (``GetBBoxCenterScale(padding=1.2)`` pads it).

    Args:
        face: the annotated face.
        rule: ``'landmarks'`` the box around the points (the rule of the PFLD papers);
            ``'annotated'`` the box of the annotation; ``'detector'`` the landmark box, moved
            by a normal of sigma 5 % of its sides and resized by one of sigma 10 % (at most
            30 %), as a face detector would.
        seed: with ``index`` the only source of the detector's errors: evaluation repeats.
        index: number of the face in its annotation.

    Returns:
        (4,) float32 x_min, y_min, x_max, y_max in image pixels.

    Raises:
        ValueError: if the box has no area, or the annotation has none.
    """
    if rule == 'annotated':
        if face.box is None:
            raise ValueError(
                f"{face.source}: box='annotated', but this annotation has no box; "
                "use box='landmarks' or box='detector'"
            )
        box, what, cure = face.box, 'the annotated box', "or use box='landmarks'"
    else:
        is_marked = face.weights > 0
        if not is_marked.any():
            raise ValueError(f'{face.source}: expected a marked point, found none; remove it')
        box = landmark_boxes(face.points[is_marked])
        what, cure = 'the box around the points', 'or remove the line'
    x0, y0, x1, y1 = map(float, box)
    if x1 <= x0 or y1 <= y0:
        raise ValueError(
            f'{face.source}: {what} must have x_min < x_max and y_min < y_max, '
            f'found {x0:g} {y0:g} {x1:g} {y1:g} (no area); correct the line {cure}'
        )
    if rule == 'detector':
        normals = np.random.default_rng([seed, index]).normal(size=3)
        size_error = np.clip(SIZE_SIGMA * normals[2], -3 * SIZE_SIGMA, 3 * SIZE_SIGMA)
        box = jittered(np.array([x0, y0, x1, y1]), PLACE_SIGMA * normals[:2], 1 + size_error)
    return np.asarray(box, np.float32)
