from __future__ import annotations

import copy
import logging

import torch
from mmengine.logging import MMLogger
from torch import Tensor, nn


class DeployedNetwork(nn.Module):
    """The network that is exported: images in, the head's output out, without parts for training.

    The estimator is copied, its blocks re-parameterised by ``switch_to_deploy``. With
    ``fold_preprocessing`` it takes BGR images of 0..255 as OpenCV gives them: the standard
    deviation and the channel order go into the first convolution. The mean does not, unless it is
    0: the zeros that pad the normalised image are not the zeros that pad the raw one, so a mean
    in the bias would be wrong along the border. It stays one exact subtraction.

    Args:
        estimator: A top-down estimator with its data preprocessor; it is left as it is.
        input_size: (w, h) of the network's input in pixels.
        fold_preprocessing: Take raw images; else what the preprocessor gives.

    Attributes:
        input_shape: (C, h, w).
        color_order: 'RGB' or 'BGR', what :meth:`forward` takes.
        mean, std: Per channel, what is still to be applied to an image of 0..255.
    """

    def __init__(
        self, estimator: nn.Module, input_size: tuple[int, int], fold_preprocessing: bool = True
    ) -> None:
        super().__init__()
        estimator = copy.deepcopy(estimator).eval()
        _switch_to_deploy(estimator)
        self.backbone, self.neck, self.head = estimator.backbone, estimator.neck, estimator.head
        self.verifier = getattr(estimator, 'verifier', None)
        self.fc = _convolution_of(getattr(self.head, 'fc', None))
        self.sigma = _convolution_of(getattr(self.head, 'sigma_branch', None))
        preprocessor = estimator.data_preprocessor
        stem = _first_convolution(self.backbone, input_size)
        channels = stem.in_channels
        self.input_shape = (channels, input_size[1], input_size[0])
        # a puzzle's test pipeline makes RGB and mask itself, see LetterboxAffine
        is_rgb = preprocessor._channel_conversion or channels == 4
        self.color_order = 'RGB' if is_rgb else 'BGR'
        self.mean = preprocessor.mean.flatten().expand(channels).tolist()
        self.std = preprocessor.std.flatten().expand(channels).tolist()
        self.shift: Tensor | None = None
        # A mask among the channels is not only seen by the first convolution.
        if fold_preprocessing and channels == 3:
            self._fold(stem)
        self.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) -> the head's output; of faces points (N, K, 2 or 4) divided by (w, h)."""
        if self.shift is not None:
            x = x - self.shift
        feats = self.neck(self.backbone(x))
        if self.input_shape[0] == 4:  # the last channel is the mask of valid pixels
            return self.head(feats, x[:, 3:])
        if self.fc is None:
            return self.head(feats)
        # A 1x1 convolution is one node; Flatten and Gemm are two and leave the blocked layout.
        points = self.fc(feats[-1]).reshape(-1, self.head.num_joints, 2)
        if self.sigma is None:
            return points
        sigma = self.sigma(feats[-1]).reshape(-1, self.head.num_joints, 2).sigmoid()
        return torch.cat([points, sigma], dim=2)

    def _fold(self, stem: nn.Conv2d) -> None:
        scale = torch.tensor(self.std, dtype=torch.float64).reshape(1, -1, 1, 1)
        weight = stem.weight.detach().double() / scale
        mean = torch.tensor(self.mean)
        if self.color_order == 'RGB':
            weight, mean = weight.flip(1), mean.flip(0)
        stem.weight = nn.Parameter(weight.to(stem.weight.dtype), requires_grad=False)
        if mean.any():
            self.shift = mean.reshape(1, -1, 1, 1)
        self.color_order, self.mean, self.std = 'BGR', [0.0] * 3, [1.0] * 3


def _first_convolution(backbone: nn.Module, input_size: tuple[int, int]) -> nn.Conv2d:
    """The convolution that sees the image: the first that runs, wherever it is defined."""
    convs: list[nn.Conv2d] = []
    hooks = [
        module.register_forward_pre_hook(lambda conv, _: convs.append(conv))
        for module in backbone.modules()
        if isinstance(module, nn.Conv2d)
    ]
    parameter = next(backbone.parameters())
    for channels in (3, 4, 1):
        try:
            with torch.no_grad():
                backbone(parameter.new_zeros(1, channels, input_size[1], input_size[0]))
            break
        except (RuntimeError, ValueError):
            convs.clear()
    for hook in hooks:
        hook.remove()
    if not convs:
        raise ValueError(
            f'the backbone {type(backbone).__name__} takes no image of {input_size} pixels with '
            '3, 4 or 1 channels: is input_size (w, h) that of the config?'
        )
    return convs[0]


def _convolution_of(fc: nn.Module | None) -> nn.Conv2d | None:
    """A fully connected layer as a convolution of a map of one pixel."""
    if not isinstance(fc, nn.Linear):
        return None
    conv = nn.Conv2d(fc.in_features, fc.out_features, 1)
    with torch.no_grad():
        conv.weight.copy_(fc.weight[:, :, None, None])
        conv.bias.copy_(fc.bias)
    return conv


def _switch_to_deploy(estimator: nn.Module) -> None:
    """As mmpose's function, without a log line for each of fifty blocks."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        estimator.switch_to_deploy()
    finally:
        logger.setLevel(level)
