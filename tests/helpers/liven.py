"""Lively BatchNorms for any model of torch."""

import torch
from torch import nn


def liven(model, seed=0):
    """Give every BatchNorm statistics and parameters that a test would notice if they were lost."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            shape = module.weight.shape
            module.running_mean.copy_(torch.randn(shape, generator=generator) * 0.1)
            module.running_var.copy_(torch.rand(shape, generator=generator) + 0.5)
            nn.init.constant_(module.weight, 0.3)
            module.bias.data.copy_(torch.randn(shape, generator=generator) * 0.1)
