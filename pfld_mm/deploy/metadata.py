"""What a device must know beside the weights: written into the ONNX file and as JSON."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import onnx
from mmengine.config import Config
from mmpose.registry import DATASETS

import pfld_mm
from pfld_mm.deploy.deployed_network import DeployedNetwork

FORMAT = 1
KEY = 'pfld_mm'
"""Of the JSON text in an ONNX file's ``metadata_props``."""


def describe(cfg: Config, network: DeployedNetwork, name: str, weights_sha256: str) -> dict:
    """The metadata of an exported model, without its files.

    Args:
        cfg: The model config.
        network: The network that is exported.
        name: Of the model, such as the config's.
        weights_sha256: Of the trained weights.

    Returns:
        What ``model.json`` holds: format, task, name, input_size (w, h), colour_order, mean and
        std that are still to be applied to 0..255, crop rule, points with names, flip pairs and
        skeleton, codec, the output's meaning, versions, weights_sha256 and files by backend.
    """
    codec = cfg.codec if isinstance(cfg.codec, dict) else cfg.codec[-1]
    face = codec['type'] == 'RegressionLabel'
    points = _markup(cfg)
    return dict(
        format=FORMAT,
        task='face' if face else 'slider',
        name=name,
        input_size=list(codec['input_size']),
        colour_order=network.colour_order if face else 'RGB',
        mean=network.mean,
        std=network.std,
        crop=dict(rule='square box' if face else 'letterbox', padding=_padding(cfg)),
        **points,
        codec=plain(codec),
        output=_output(face),
        versions=versions(),
        weights_sha256=weights_sha256,
        files={},
    )


def embed(model: onnx.ModelProto, description: dict) -> None:
    """Put the metadata into an ONNX model, in place of what it held."""
    del model.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = KEY, json.dumps(description)


def read_description(folder: Path) -> dict | None:
    """The metadata of an earlier export into ``folder``, None where there is none to be read."""
    try:
        return json.loads((folder / 'model.json').read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return None


def _markup(cfg: Config) -> dict:
    dataset = DATASETS.get(cfg.test_dataloader.dataset.type)
    if dataset is None:
        raise ValueError(f'the dataset {cfg.test_dataloader.dataset.type} is not registered')
    meta = DATASETS.build({**cfg.test_dataloader.dataset, 'lazy_init': True}).metainfo
    swapped = [int(i) for i in meta['flip_indices']]
    return dict(
        num_keypoints=int(meta['num_keypoints']),
        keypoint_names=[meta['keypoint_id2name'][i] for i in range(meta['num_keypoints'])],
        flip_pairs=[[i, j] for i, j in enumerate(swapped) if i < j],
        skeleton=[[int(a), int(b)] for a, b in meta['skeleton_links']],
    )


def _padding(cfg: Config) -> float:
    steps = cfg.test_dataloader.dataset.pipeline
    found = [s.get('padding', 1.25) for s in steps if s['type'] == 'GetBBoxCenterScale']
    return float(found[0]) if found else 1.0


def _output(face: bool) -> dict:
    if face:
        return dict(name='output', meaning='points (N, K, 2) divided by (w, h) of the input')
    return dict(
        name='output',
        meaning='(N, 8, h / 4, w / 4): gap heat, piece heat, offsets du, dv of gap and piece in '
        'cells, sin and cos of the angle',
    )


def versions() -> dict[str, str]:
    """Versions of what an export depends on."""
    versions = {'pfld_mm': pfld_mm.__version__}
    for package in ('torch', 'onnx', 'onnxruntime', 'mmpose', 'mmengine'):
        versions[package] = metadata.version(package)
    return versions


def plain(value: object) -> object:
    """Config values as JSON knows them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
