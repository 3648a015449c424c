from __future__ import annotations

from pathlib import Path

from mmengine.config import Config

from pfld_mm.deploy.describe import codec_of
from pfld_mm.deploy.exporter import Exporter
from pfld_mm.deploy.face_export import FaceExport
from pfld_mm.deploy.finder_export import FinderExport
from pfld_mm.deploy.slider_export import SliderExport

EXPORTERS: dict[str, type[Exporter | FinderExport]] = {
    'RegressionLabel': FaceExport,
    'CenterOffsetAngleLabel': SliderExport,
    'FaceMapLabel': FinderExport,
}
"""Codec of a model config -> what exports its model."""


def make_exporter(
    deploy_cfg: Config, cfg: Config, checkpoint: str, folder: str | Path, name: str
) -> Exporter | FinderExport:
    """The exporter of a model config's task; arguments as of ``Exporter``.

    Raises:
        ValueError: If there is none for the config's codec.
    """
    codec = codec_of(cfg)['type']
    if codec not in EXPORTERS:
        raise ValueError(
            f'{cfg.filename}: codec.type: expected one of {sorted(EXPORTERS)}, found {codec!r}'
        )
    return EXPORTERS[codec](deploy_cfg, cfg, checkpoint, folder, name)
