from __future__ import annotations

from torch import nn


def deploy_blocks(backbone: nn.Module) -> None:
    """Put every block of ``backbone`` into its deployed form. A second call changes nothing."""
    backbone.eval()
    for module in list(backbone.modules()):
        if module is not backbone and hasattr(module, 'switch_to_deploy'):
            module.switch_to_deploy()


def check_input_size(input_size: tuple[int, int]) -> tuple[int, int]:
    """Return (w, h) if both sides are positive multiples of 16; else say what to do."""
    w, h = input_size
    if w < 16 or h < 16 or w % 16 or h % 16:
        raise ValueError(
            f'input_size (w, h) must be multiples of 16, found {(w, h)}: try '
            f'{(max(1, round(w / 16)) * 16, max(1, round(h / 16)) * 16)}'
        )
    return w, h
