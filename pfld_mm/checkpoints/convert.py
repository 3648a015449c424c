"""Names and colors of the public PFLD_GhostOne repository's checkpoints, turned into ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_BLOCKS = ('ghost_conv', 'shortcut', 'inv_res')


def from_public(state_dict: Mapping[str, Tensor], bgr: bool = True) -> dict[str, Tensor]:
    """Convert a state dict of the public repository (PFLD, GhostNet, GhostOne; either form).

    Their ``conv3_2`` is our ``backbone.conv3.1``, their ``fc`` our ``head.fc``; the bricks of a
    ``Conv_Block`` have names instead of numbers; the empty brick between two ghost modules is
    gone.

    Args:
        state_dict: Their parameters and buffers.
        bgr: They train on BGR images, our networks see RGB: turn the stem's input channels round.

    Returns:
        The same tensors under our names.

    Raises:
        ValueError: if a name is not theirs.
    """
    strided = {key.split('.ghost_conv.1.')[0] for key in state_dict if '.ghost_conv.1.' in key}
    converted = {}
    for key, value in state_dict.items():
        name = _rename(key.removeprefix('module.'), strided)
        if bgr and name.startswith('backbone.conv1.') and value.dim() == 4 and value.shape[1] == 3:
            value = value.flip(1)
        converted[name] = value
    return converted


def _rename(key: str, strided: set[str]) -> str:
    if key.startswith('fc.'):
        return f'head.{key}'
    match = re.fullmatch(r'conv(\d)(?:_(\d+))?\.(.+)', key)
    if match is None:
        raise ValueError(
            f"'{key}' is not a name of the public PFLD_GhostOne repository (conv1 ... conv8, fc)"
        )
    stage, repeat, rest = match.groups()
    block = key[: match.start(3) - 1]
    if rest.startswith('ghost_conv.2.') and block not in strided:
        rest = rest.replace('ghost_conv.2.', 'ghost_conv.1.', 1)
    rest = re.sub(r'(^|\.)0\.(?=weight$)', r'\1conv.', rest)
    rest = re.sub(
        r'(^|\.)1\.(?=(weight|bias|running_mean|running_var|num_batches_tracked)$)', r'\1bn.', rest
    )
    if repeat is None and rest.startswith(_BLOCKS):
        repeat = '1'
    index = '' if repeat is None else f'{int(repeat) - 1}.'
    return f'backbone.conv{stage}.{index}{rest}'
