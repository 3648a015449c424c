from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from mmpose.registry import OPTIM_WRAPPERS
from torch import nn


@OPTIM_WRAPPERS.register_module()
class CPUAmpOptimWrapper(OptimWrapper):
    """Mixed precision on the CPU, which MMEngine's ``AmpOptimWrapper`` refuses.

    bfloat16 has float32's range, so there is no loss to scale. ``tools/train.py --amp`` chooses
    this wrapper where there is no GPU.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run forward and loss under ``torch.autocast('cpu', torch.bfloat16)``."""
        with super().optim_context(model), torch.autocast('cpu', torch.bfloat16):
            yield
