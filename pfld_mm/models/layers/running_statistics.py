"""What BatchNorm does around its arithmetic: running statistics and synchronised processes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch import distributed as dist

BatchNorm: TypeAlias = nn.BatchNorm2d | nn.SyncBatchNorm


@torch.no_grad()
def update_running(bns: Sequence[BatchNorm], count: Tensor, mean: Tensor, variance: Tensor) -> None:
    """Move running statistics towards the batch's, as ``F.batch_norm`` does.

    A BatchNorm in eval mode or without running statistics is left alone.

    Args:
        bns: B modules.
        count: Values per channel, M; the running variance is the unbiased one, var M / (M - 1).
        mean: (B, C).
        variance: Biased, (B, C).
    """
    rows = [row for row, bn in enumerate(bns) if bn.training and bn.track_running_stats]
    if not rows:
        return
    tracked = [bns[row] for row in rows]
    torch._foreach_add_([bn.num_batches_tracked for bn in tracked], 1)
    # momentum=None is the average of all batches so far.
    steps = [
        1 / float(bn.num_batches_tracked) if bn.momentum is None else bn.momentum for bn in tracked
    ]
    running = [bn.running_mean for bn in tracked] + [bn.running_var for bn in tracked]
    batch = torch.stack([mean, variance * (count / (count - 1))])
    if len(rows) < len(bns):
        batch = batch[:, rows]
    batch = batch.to(running[0].dtype).flatten(0, 1).unbind()
    if len(set(steps)) == 1:
        torch._foreach_lerp_(running, batch, steps[0])
        return
    for row, step in enumerate(2 * steps):
        running[row].lerp_(batch[row], step)


@lru_cache(maxsize=64)
def column(values: tuple[float, ...], device: torch.device) -> Tensor:
    """One number a branch, (B, 1) float64."""
    return torch.tensor(values, dtype=torch.float64, device=device).unsqueeze(1)


def process_group(bns: Sequence[BatchNorm]) -> dist.ProcessGroup | None:
    """The processes whose batches count as one; None for this process alone.

    Raises:
        ValueError: Only some of the modules are SyncBatchNorm.
    """
    synchronised = [isinstance(bn, nn.SyncBatchNorm) for bn in bns]
    if not any(synchronised) or not (dist.is_available() and dist.is_initialized()):
        return None
    if not all(synchronised):
        raise ValueError(
            'the branches of a block share their statistics: convert all of their BatchNorms to '
            f'SyncBatchNorm or none, found {sum(synchronised)} of {len(bns)} converted'
        )
    group = bns[0].process_group or dist.group.WORLD
    return group if dist.get_world_size(group) > 1 else None
