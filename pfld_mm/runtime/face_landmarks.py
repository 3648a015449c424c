from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar, overload

import numpy as np

from pfld_mm.core.head_pose import HeadPose
from pfld_mm.core.plain import rounded
from pfld_mm.runtime.face import Face

T = TypeVar('T', bound='FaceLandmarks')


@dataclass(frozen=True)
class FaceLandmarks:
    """The landmarks of all faces of an image; F may be 0.

    ``faces[i]`` and ``for face in faces`` give single faces, see ``Face``; ``len(faces)`` is F.

    Attributes:
        points: (F, K, 2) float32, x and y in image pixels; pixel centers are integers, so the
            center of the first pixel is (0, 0), as in MMPose and OpenCV.
        boxes: (F, 4) float32, the boxes that were used, x_min, y_min, x_max, y_max.
        poses: F head poses, solved in the crop as in training, or None if not asked for.
        scores: (F, K) float32 in 0..1, how sure the model is of each point; None where it does
            not tell.
        sigmas: (F, K, 2) float32, standard deviations of x and y in image pixels, or None.
        roll: (F,) float32 degrees, the tilt that was taken out of the crops, positive = clockwise;
            None: all upright.
        finder_scores: (F,) float32 in 0..1, how sure the finder is of each face; None where the
            boxes were given.
    """

    points: np.ndarray
    boxes: np.ndarray
    poses: tuple[HeadPose, ...] | None = None
    scores: np.ndarray | None = None
    sigmas: np.ndarray | None = None
    roll: np.ndarray | None = None
    finder_scores: np.ndarray | None = None

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.points)

    @overload
    def __getitem__(self, index: int) -> Face: ...

    @overload
    def __getitem__(self: T, index: slice) -> T: ...

    def __getitem__(self: T, index: int | slice) -> Face | T:
        """One face; negative numbers count from the end. Of a slice, the faces in it."""
        if isinstance(index, slice):
            return self.select(np.arange(len(self))[index])
        return self._face(range(len(self))[index])

    def _face(self, index: int) -> Face:
        return Face(
            points=self.points[index],
            box=self.boxes[index],
            pose=None if self.poses is None else self.poses[index],
            scores=None if self.scores is None else self.scores[index],
            sigmas=None if self.sigmas is None else self.sigmas[index],
        )

    def __iter__(self) -> Iterator[Face]:
        """The faces, one after another."""
        return (self[index] for index in range(len(self)))

    def relative_sigma(self) -> np.ndarray | None:
        """(F,) mean standard deviation of a face's points over the root of its box's area."""
        if self.sigmas is None:
            return None
        areas = (self.boxes[:, 2:] - self.boxes[:, :2]).prod(1)
        return self.sigmas.mean((1, 2)) / np.sqrt(areas)

    def select(self: T, kept: np.ndarray) -> T:
        """The faces for which ``kept`` (F,) bool is True, or whose indices it holds."""
        indices = np.arange(len(self))[kept]
        poses = None if self.poses is None else tuple(self.poses[i] for i in indices)
        names = ('points', 'boxes', 'scores', 'sigmas', 'roll', 'finder_scores')
        arrays = {name: getattr(self, name) for name in names}
        chosen = {name: array[indices] for name, array in arrays.items() if array is not None}
        return replace(self, poses=poses, **chosen)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python for JSON: ``{'faces': [...]}``, see ``Face.to_dict``."""
        return {'faces': [face.to_dict() for face in self]}

    def to_coco(self, image_id: int, category_id: int = 1) -> list[dict[str, Any]]:
        """The faces as COCO results, for ``COCO.loadRes``.

        Args:
            image_id: Of the image in the annotation file.
            category_id: Of the faces there.

        Returns:
            A dict a face: ``image_id``, ``category_id``, ``keypoints`` (3K numbers x, y, score of
            the point; 1 where the model tells none), ``bbox`` x, y, width, height and ``score``.
        """
        return [
            {
                'image_id': image_id,
                'category_id': category_id,
                'keypoints': _coco_keypoints(face),
                'bbox': rounded([*face.box[:2], *(face.box[2:] - face.box[:2])]),
                'score': 1.0 if face.score is None else rounded(face.score, 4),
            }
            for face in self
        ]

    def to_supervision(self) -> Any:
        """The faces as ``supervision.KeyPoints``, for its annotators; class 0, scores if known.

        Raises:
            ImportError: If the optional package supervision is not installed.
        """
        try:
            from supervision import KeyPoints
        except ImportError as error:
            raise ImportError(
                f'to_supervision needs the package supervision ({error}): pip install supervision'
            ) from error
        # by position: the third is called confidence before supervision 0.29
        return KeyPoints(self.points, np.zeros(len(self), int), self.scores)


def _coco_keypoints(face: Face) -> list[float]:
    scores = [1.0] * len(face.points) if face.scores is None else rounded(face.scores, 4)
    points = rounded(face.points)
    return [n for (x, y), score in zip(points, scores, strict=True) for n in (x, y, score)]
