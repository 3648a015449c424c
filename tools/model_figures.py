"""What the files of a shipped model say of it, for ``claims.py``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, nn

import pfld_mm.register  # noqa: F401
from pfld_mm.checkpoints.load import load_model
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.runtime.slider_locator import SliderLocator

ROOT = Path(__file__).resolve().parents[1]


def model_figures(folder: Path, kind: Callable) -> object:
    """Count the network of the card's config with the folder's weights.

    Args:
        folder: Of the model.
        kind: Called with ``points``, ``pixels``, ``parameters``, ``macs``, ``sizes``, ``nme``.
    """
    card = (folder / 'README.md').read_text(encoding='utf-8')
    config = re.search(r'^config: (\S+)', card, re.MULTILINE)
    if config is None:
        raise SystemExit(f'{folder}/README.md: expected "config: configs/NAME.py" in front')
    init_default_scope('mmpose')
    cfg = Config.fromfile(ROOT / config[1])
    model = load_model(cfg, str(folder / 'checkpoint.pth'))
    codec = cfg.codec if isinstance(cfg.codec, dict) else cfg.codec[-1]
    width, height = codec['input_size']
    verifier = getattr(model, 'verifier', None)
    channels = 3 if verifier is None else 4
    parts = [(model, (1, channels, height, width))]
    if verifier is not None:
        model.verifier = None
        parts.append((verifier, (1, 6, verifier.square_size, verifier.square_size)))
    parameters = [sum(p.numel() for p in part.parameters()) for part, _ in parts]
    macs = [count_macs(part, shape) for part, shape in parts]
    if len(parts) > 1:
        parameters, macs = [[sum(c), *c] for c in (parameters, macs)]
    report = json.loads((folder / 'report.json').read_text(encoding='utf-8'))
    nme = {form: found['NME'] for form, found in _measured(report).items() if 'NME' in found}
    info = ModelInfo.from_json((folder / 'model.json').read_text(encoding='utf-8'), str(folder))
    sizes = [file.stat().st_size for file in folder.iterdir() if file.suffix != '.md']
    return kind(info.num_keypoints, width * height, parameters, macs, sizes, nme)


def count_macs(network: nn.Module, shape: tuple[int, ...]) -> int:
    """Multiply-accumulates of the convolutions and linear layers for an input of ``shape``."""
    total = 0

    def count(module: nn.Module, inputs: tuple, output: Tensor) -> None:
        nonlocal total
        positions = output.shape[0] * prod(output.shape[2:]) if output.dim() > 2 else len(output)
        total += positions * module.weight.numel()

    layers = [m for m in network.modules() if isinstance(m, (nn.Conv1d, nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        x = torch.zeros(shape)
        network(x, None, mode='tensor') if hasattr(network, 'extract_feat') else network(x)
    for hook in hooks:
        hook.remove()
    return total


def golden_difference(folder: Path) -> float:
    """Largest difference of the golden pair on this machine; an error if it is over its bound."""
    found = ModelFolder.read(folder)
    kinds = {'face': FaceLandmarker, 'slider': SliderLocator}
    if found.info.task in kinds:
        return kinds[found.info.task](folder).self_test()
    golden, session = found.golden(), open_session(found, 'onnxruntime', 1)
    difference = float(np.abs(session(golden.input) - golden.output).max())
    if difference > 1e-3:
        raise ValueError(f'{folder}: the golden pair differs by {difference:.2g}')
    return difference


def _measured(report: dict) -> dict:
    evaluation = report.get('evaluation')
    return evaluation if isinstance(evaluation, dict) else {}
