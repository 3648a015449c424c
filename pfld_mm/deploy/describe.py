"""The metadata that a device needs besides the weights, from a config and its deployed network."""

from __future__ import annotations

from importlib import metadata

import onnx
from mmengine.config import Config
from mmpose.registry import DATASETS

import pfld_mm
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.runtime.backends.onnxruntime_session import METADATA_KEY


def describe(
    cfg: Config, network: DeployedNetwork, task: str, name: str, weights_sha256: str, output: dict
) -> ModelInfo:
    """The metadata of an exported model, without its files.

    Args:
        cfg: The model config.
        network: The network that is exported.
        task: As of ``ModelInfo``.
        name: Of the model, such as the config's.
        weights_sha256: Of the trained weights.
        output: Name, shape and meaning of the output.
    """
    codec = codec_of(cfg)
    meta = DATASETS.build({**cfg.test_dataloader.dataset, 'lazy_init': True}).metainfo
    swapped = [int(i) for i in meta['flip_indices']]
    count = int(meta['num_keypoints'])
    return ModelInfo(
        task=task,
        name=name,
        input_size=tuple(codec['input_size']),
        color_order=network.color_order,
        mean=tuple(network.mean),
        std=tuple(network.std),
        padding=_padding(cfg),
        num_keypoints=count,
        keypoint_names=tuple(meta['keypoint_id2name'][i] for i in range(count)),
        flip_pairs=tuple((i, j) for i, j in enumerate(swapped) if i < j),
        skeleton=tuple((int(a), int(b)) for a, b in meta['skeleton_links']),
        codec=plain(codec),
        weights_sha256=weights_sha256,
        output=output,
        versions=versions(),
    )


def codec_of(cfg: Config) -> dict:
    """The codec of a model config; of several the last, the output's."""
    return cfg.codec if isinstance(cfg.codec, dict) else cfg.codec[-1]


def embed(model: onnx.ModelProto, info: ModelInfo) -> None:
    """Put the metadata into an ONNX model, in place of what it held."""
    del model.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, info.to_json()


def _padding(cfg: Config) -> float:
    steps = cfg.test_dataloader.dataset.pipeline
    found = [s.get('padding', 1.25) for s in steps if s['type'] == 'GetBBoxCenterScale']
    return float(found[0]) if found else 1.0


def versions() -> dict[str, str]:
    """Versions of the packages that an export depends on."""
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
