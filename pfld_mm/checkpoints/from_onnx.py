"""From a deployed ONNX file of the family back to a network that can be trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from pfld_mm.checkpoints.unfold import Unfolding
from pfld_mm.models.layers.conv_block import ConvBlock
from pfld_mm.models.layers.mobileone import MobileOneBlock


@dataclass(frozen=True)
class Layer:
    """A convolution of the file, or its fully connected layer as one.

    Attributes:
        name: Of its node, for error messages.
        weight: (C_out, C_in / groups, k_h, k_w) float64.
        bias: (C_out,) float64, zeros where the file has none.
    """

    name: str
    weight: Tensor
    bias: Tensor


def read_layers(path: str | Path) -> list[Layer]:
    """The convolutions of an ONNX file in order of execution, the fully connected layer last.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no ONNX file, or a weight is no constant.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'{path} does not exist')
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf's classes differ between its versions
        raise ValueError(f'{path} is not an ONNX model, or a damaged one: {error}') from error
    constants = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    layers = []
    for node in graph.node:
        if node.op_type not in ('Conv', 'Gemm'):
            continue
        missing = [name for name in node.input[1:] if name not in constants]
        if missing:
            raise ValueError(f'{path}: {missing[0]} of node {node.name!r} is no constant')
        arrays = [constants[name].astype(np.float64) for name in node.input[1:]]
        weight = arrays[0]
        if node.op_type == 'Gemm':
            is_transposed = any(a.name == 'transB' and a.i for a in node.attribute)
            weight = (weight if is_transposed else weight.T)[:, :, None, None]
        bias = arrays[1] if len(arrays) > 1 else np.zeros(len(weight))
        layers.append(Layer(node.name, torch.from_numpy(weight), torch.from_numpy(bias)))
    if len(layers) < 2:
        raise ValueError(f'{path}: holds {len(layers)} convolutions, so no network of this family')
    return layers


@torch.no_grad()
def fill_from_onnx(
    model: nn.Module,
    layers: list[Layer],
    images: Tensor,
    bgr: bool = True,
    fold_input: bool = False,
) -> None:
    """Give a top-down estimator the function of a deployed file, in place; it ends in eval mode.

    A deployed block takes its convolution as it is. A block in training form is *unfolded*: its
    running statistics are measured on ``images`` and one branch carries what the others lack, so
    that the block in eval mode, and folded again, is the given convolution (see ``Unfolding``).

    Args:
        model: Its backbone's blocks run in the file's order; ``head.fc`` gives the points. Its
            number of points may differ: then the last layer stays as it is initialised.
        layers: Of the file, see ``read_layers``.
        images: (N, 3, h, w) as the network takes them, to measure statistics on.
        bgr: The file takes BGR and the network RGB: turn the first convolution round.
        fold_input: The file takes (x / 255 - 0.5) / 0.5 and the network x / 255. Exact except for
            the zero padding at the border, where 0 is gray in the file and black in the network.

    Raises:
        ValueError: If the layers are not those of the network; names the first that differs.
    """
    *convolutions, last = _prepared(layers, bgr, fold_input)
    units = [m for m in model.backbone.modules() if isinstance(m, ConvBlock | MobileOneBlock)]
    if len(units) != len(convolutions):
        raise ValueError(
            f'the file has {len(convolutions)} convolutions before its last layer, the network '
            f'{len(units)} blocks; give the config of the same network'
        )
    model.eval()
    unfolding = Unfolding(convolutions)
    hooks = [unit.register_forward_pre_hook(unfolding) for unit in units]
    try:
        model.backbone(images)
    finally:
        for hook in hooks:
            hook.remove()
    fc = model.head.fc
    weight = last.weight.flatten(1)
    if weight.shape == fc.weight.shape:
        fc.weight.copy_(weight)
        fc.bias.copy_(last.bias)
    elif weight.shape[1] != fc.weight.shape[1]:
        raise ValueError(
            f'{last.name}: takes {weight.shape[1]} features, the network gives '
            f'{fc.weight.shape[1]}; give the config of the same network'
        )


def _prepared(layers: list[Layer], bgr: bool, fold_input: bool) -> list[Layer]:
    """The layers with the first one for this project's input."""
    first = layers[0]
    weight, bias = first.weight, first.bias
    if bgr:
        weight = weight.flip(1)
    if fold_input:
        weight, bias = 2 * weight, bias - weight.sum((1, 2, 3))
    return [Layer(first.name, weight, bias), *layers[1:]]
