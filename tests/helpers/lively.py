"""Untrained models whose points move with the image, as a trained one's do."""

import torch
from helpers.networks import build
from torch import nn
from torch.nn import functional as F


def build_lively(name, num_keypoints=98, input_size=(112, 112), spread=0.03, **backbone):
    """As ``build``, with BatchNorm statistics of images and points that are about ``spread`` of
    the crop apart for different ones: without them rounding would be all that differs.
    """
    torch.manual_seed(0)
    model = build(name, num_keypoints, input_size, **backbone)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
            nn.init.constant_(module.weight, 1.0)
    images = soft_images(8, input_size)
    with torch.no_grad():
        model.train()
        model.backbone(images)
        model.eval()
        vectors = model.neck(model.backbone(images))[-1].flatten(1)
        fc, mean = model.head.fc, vectors.mean(dim=0)
        fc.weight -= (fc.weight @ mean)[:, None] * mean / mean.dot(mean)
        points = fc(vectors)
        fc.weight *= spread / points.std(dim=0).mean()
        fc.bias.fill_(0.5)
    return model


def soft_images(count, input_size, seed=0):
    """Images (count, 3, h, w) in [0, 1] of soft blobs with different contrast."""
    generator = torch.Generator().manual_seed(seed)
    w, h = input_size
    cells = torch.rand(count, 3, h // 16, w // 16, generator=generator)
    contrast = torch.linspace(0.3, 1, count).reshape(-1, 1, 1, 1)
    return F.interpolate(cells * contrast, size=(h, w), mode='bilinear')
