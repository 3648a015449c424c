from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from itertools import islice

import numpy as np
import torch
from mmpose.registry import DATA_SAMPLERS

from pfld_mm.core.head_pose import solve_head_pose
from pfld_mm.engine.resumable_sampler import ResumableSampler

# Faces are photographed from some 1.5 m: a crop 0.3 m wide then has a focal length of 5 widths.
FOCAL = 5.0


@DATA_SAMPLERS.register_module()
class PoseBalancedSampler(ResumableSampler):
    """Shows faces turned far to the side more often (pose-based data balancing).

    After Feng et al., CVPR 2018 (the Wing paper): a histogram of the faces over the size of their
    yaw, solved from the labels; the fewer faces in a bin, the likelier each of them is. The weight
    of a face is (faces in its bin) ^ -``power``.

    An epoch is a part of the faces, drawn by these weights *without* replacement: the augmentations
    of a :class:`FaceDataset` follow from epoch and face, so a face drawn twice in an epoch would be
    the same picture twice. So no face comes more than 1 / ``fraction`` times as often as with
    uniform draws. With ``fraction=0.5`` train twice as many epochs for as many steps.

    Every process solves all poses when it starts (about 1 ms a face) and draws the same order.

    Args:
        dataset: Of faces, with ``get_data_info``; its first points have a 3-D model.
        fraction: Part of the faces in an epoch, in (0, 1].
        power: 0 draws all faces alike, 1 gives every bin the same chance.
        edges: Of the bins, degrees of yaw to either side, ascending.
        pose_points: How many of the first points of a face form the mark-up with a 3-D model;
            all by default.
        seed: Of the draws, the same in all processes; a common random one by default.

    Raises:
        ValueError: For a wrong argument, or if there is no 3-D model for the points.
    """

    def __init__(
        self,
        dataset: Sized,
        fraction: float = 0.5,
        power: float = 0.5,
        edges: Sequence[float] = (15, 30, 45, 60),
        pose_points: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(dataset, shuffle=True, seed=seed)
        if not 0 < fraction <= 1 or power < 0:
            raise ValueError(
                'PoseBalancedSampler: fraction must lie in (0, 1] and power must not be negative, '
                f'got fraction={fraction}, power={power}'
            )
        faces = (dataset.get_data_info(i) for i in range(len(dataset)))
        yaw = np.array([face_yaw(face, pose_points) for face in faces])
        bins = np.digitize(np.degrees(np.abs(yaw)), edges)
        self.faces_of_bin = np.bincount(bins, minlength=len(edges) + 1)
        """Number of faces in each bin."""
        self.weights = torch.from_numpy(self.faces_of_bin[bins] ** -float(power))
        """(faces,) float64, relative chances to be drawn first."""
        self.num_samples = max(1, int(len(dataset) * fraction) // self.world_size)
        self.total_size = self.num_samples * self.world_size

    def __iter__(self) -> Iterator[int]:
        """This process's indices of the epoch, without the first :attr:`start`."""
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        # The order in which weighted draws come (Efraimidis and Spirakis 2006): the largest
        # u ^ (1 / weight) first. The earlier a face is drawn the rarer it tends to be: shuffle.
        u = torch.rand(len(self.weights), generator=generator, dtype=torch.float64)
        drawn = (u.log() / self.weights).topk(self.total_size).indices
        order = drawn[torch.randperm(self.total_size, generator=generator)]
        return islice(order[self.rank :: self.world_size].tolist(), self.start, None)


def face_yaw(face: dict, pose_points: int | None = None) -> float:
    """Yaw of a labelled face in radians, solved in its crop, one unit wide.

    Args:
        face: Data info with ``keypoints`` (1, K, 2) and ``bbox`` (1, 4).
        pose_points: See :class:`PoseBalancedSampler`.
    """
    x0, y0, x1, y1 = face['bbox'][0]
    side = 1.2 * max(x1 - x0, y1 - y0)
    corner = np.array([x0 + x1, y0 + y1]) / 2 - side / 2
    points = (face['keypoints'][0, :pose_points] - corner) / side
    return solve_head_pose(points, (1, 1), FOCAL).yaw
