from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope


def load_config(path: str | Path, options: dict | None = None) -> Config:
    """Read a config as every tool does.

    Overrides are merged, ``data_root`` is passed on to the datasets (see ``apply_data_root``), and
    the config's default scope is set, so that its components can be built.

    Args:
        path: The config file.
        options: Overrides, as of ``--cfg-options``.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'the config {path} does not exist')
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(options or {})
    apply_data_root(cfg)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    return cfg


def apply_data_root(cfg: Config) -> None:
    """Give every dataset of a config the config's own ``data_root``.

    ``--cfg-options data_root=/my/folder`` and a leaf that sets ``data_root`` replace only that
    variable: the base configs have copied it into their datasets by then. Without a ``data_root``
    at the top nothing changes, so a config that combines datasets of several folders has none.

    Args:
        cfg: Changed in place, ``{train,val,test}_dataloader.dataset`` and what these wrap.
    """
    if 'data_root' not in cfg:
        return
    for split in ('train', 'val', 'test'):
        loader = cfg.get(f'{split}_dataloader')
        for dataset in _datasets(loader['dataset'] if loader else None):
            if 'data_root' in dataset:
                dataset['data_root'] = cfg.data_root


def _datasets(dataset: dict | None) -> Iterator[dict]:
    """A dataset's config and those that it wraps or combines."""
    if dataset is None:
        return
    yield dataset
    for inner in [dataset.get('dataset'), *dataset.get('datasets', [])]:
        yield from _datasets(inner)
