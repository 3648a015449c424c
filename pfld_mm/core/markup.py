from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from pfld_mm.core.mean_face import mean_face
from pfld_mm.core.metainfo import short_metainfo

Group = tuple[int, ...]
"""Points whose mean is meant."""


@dataclass(frozen=True)
class Line:
    """A polyline through points of a mark-up.

    Attributes:
        points: Their indices, in order.
        closed: Whether the last is joined to the first.
    """

    points: Group
    closed: bool = False


@dataclass(frozen=True, eq=False)
class Markup:
    """What the K points of an object are.

    Right and left are the face's own: its right eye is on the image's left.

    Attributes:
        name: For error messages and MMPose's ``dataset_name``.
        num_keypoints: K.
        flip_pairs: Index pairs that a mirror swaps; a point in no pair maps to itself.
        lines: Name -> polyline that draws the object. Names that faces share: ``contour``,
            ``right_eye``, ``left_eye``, ``outer_lips``, ``inner_lips``.
        outer_eye_corners: Right and left, for the inter-ocular distance.
        pupils: Right and left, each the mean of a group.
        nose_tip: Index.
        mouth_corners: Right and left.
        rigid: Points that neither expression nor gaze nor the silhouette moves much, for the pose.
        half_mean_face: The right half and midline of the mean 3-D face, see ``mean_face``.
        names: Of the K points, each once; () calls them ``kpt-0``, ``kpt-1`` and so on.

    Raises:
        ValueError: If a pair or a line names a point that does not exist, or a pair one twice.
    """

    name: str
    num_keypoints: int
    flip_pairs: tuple[tuple[int, int], ...] = ()
    lines: Mapping[str, Line] = field(default_factory=dict)
    outer_eye_corners: tuple[int, int] | None = None
    pupils: tuple[Group, Group] | None = None
    nose_tip: int | None = None
    mouth_corners: tuple[int, int] | None = None
    rigid: Group = ()
    half_mean_face: Mapping[int, tuple[float, float, float]] | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count, seen = self.num_keypoints, set[int]()
        for pair in self.flip_pairs:
            first, second = pair
            if not (0 <= first < count and 0 <= second < count) or first == second:
                raise ValueError(
                    f'flip_pairs of {self.name}: {tuple(pair)} must be two different indices '
                    f'from 0 to {count - 1}'
                )
            if seen & {first, second}:
                raise ValueError(
                    f'flip_pairs of {self.name}: {tuple(pair)} repeats a point that another pair '
                    'has already; list every pair once'
                )
            seen |= {first, second}
        if self.names and (len(self.names) != count or len(set(self.names)) != count):
            raise ValueError(
                f'names of {self.name}: expected {count} different ones, found {self.names}'
            )
        for name, line in self.lines.items():
            if not all(0 <= index < count for index in line.points):
                raise ValueError(
                    f'lines of {self.name}: {name} must hold indices from 0 to {count - 1}, found '
                    f'{line.points}'
                )

    @classmethod
    def from_dict(cls, short: Mapping[str, Any]) -> Markup:
        """A mark-up from the short form of a config.

        Args:
            short: ``dataset_name``, ``num_keypoints``, and optionally ``names``, ``flip_pairs`` and
                ``lines`` (name -> (indices, closed)).
        """
        return cls(
            name=short['dataset_name'],
            num_keypoints=short['num_keypoints'],
            flip_pairs=tuple((a, b) for a, b in short.get('flip_pairs', ())),
            lines={
                name: Line(tuple(points), bool(closed))
                for name, (points, closed) in short.get('lines', {}).items()
            },
            names=tuple(short.get('names', ())),
        )

    @classmethod
    def from_metainfo(cls, info: Mapping[str, Any]) -> Markup:
        """A mark-up from MMPose's ``dataset_info``, see :func:`short_metainfo`.

        Names of points and lines are not kept: lines are named ``line-0`` and so on.
        """
        return cls.from_dict(short_metainfo(info))

    @cached_property
    def flip_indices(self) -> np.ndarray:
        """(K,) int64, the mirror partner of every point; read-only."""
        indices = np.arange(self.num_keypoints)
        for first, second in self.flip_pairs:
            indices[first], indices[second] = second, first
        indices.setflags(write=False)
        return indices

    @cached_property
    def skeleton(self) -> list[tuple[int, int]]:
        """The lines as pairs of neighbouring points."""
        links: list[tuple[int, int]] = []
        for line in self.lines.values():
            ends = line.points[1:] + line.points[:1] if line.closed else line.points[1:]
            links.extend(zip(line.points, ends, strict=False))
        return links

    @cached_property
    def mean_face(self) -> np.ndarray:
        """(K, 3) float64 in outer eye corner distances; read-only.

        Raises:
            ValueError: If the mark-up has no ``half_mean_face``.
        """
        if self.half_mean_face is None:
            raise ValueError(f'the mark-up {self.name} has no mean face; give half_mean_face')
        return mean_face(dict(self.half_mean_face), self.flip_indices.tolist())

    @property
    def contour(self) -> Group:
        """Points of the face's outline, () where there is none."""
        return self.lines['contour'].points if 'contour' in self.lines else ()

    @property
    def five_groups(self) -> tuple[Group, ...]:
        """Whose means are pupils, tip of the nose and corners of the mouth, image-left first.

        Raises:
            ValueError: If the mark-up does not know them.
        """
        if self.pupils is None or self.nose_tip is None or self.mouth_corners is None:
            raise ValueError(f'the mark-up {self.name} does not say where its five points are')
        return (*self.pupils, (self.nose_tip,), *((corner,) for corner in self.mouth_corners))

    def five_points(self, points: np.ndarray) -> np.ndarray:
        """The means of ``five_groups`` of the points (..., K, 2): (..., 5, 2)."""
        return np.stack([points[..., list(group), :].mean(-2) for group in self.five_groups], -2)

    def mmpose_metainfo(self) -> dict[str, Any]:
        """The mark-up as MMPose's ``dataset_info``."""
        partners = self.flip_indices.tolist()
        names = self.names or [f'kpt-{i}' for i in range(self.num_keypoints)]
        keypoints = {
            i: dict(
                name=names[i],
                id=i,
                color=[0, 255, 0],
                type='',
                swap='' if partners[i] == i else names[partners[i]],
            )
            for i in range(self.num_keypoints)
        }
        links = {
            i: dict(link=(names[a], names[b]), id=i, color=[255, 160, 0])
            for i, (a, b) in enumerate(self.skeleton)
        }
        return dict(
            dataset_name=self.name,
            keypoint_info=keypoints,
            skeleton_info=links,
            joint_weights=[1.0] * self.num_keypoints,
            sigmas=[],
        )
