from __future__ import annotations

import re
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope

from pfld_mm.compat.config_datasets import config_datasets

_ASSIGNED = re.compile(r"""^data_root\s*=\s*['"](.*?)['"]""", re.MULTILINE)
"""What a file of a config calls ``data_root`` (``cfg.text`` has all files that it consists of)."""


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
    apply_data_root(cfg, everywhere='data_root' in (options or {}))
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    return cfg


def apply_data_root(cfg: Config, everywhere: bool = False) -> None:
    """Give every dataset of a config the config's own ``data_root``.

    ``--cfg-options data_root=/my/folder`` and a leaf that sets ``data_root`` replace only that
    variable: the base configs have copied it into their datasets by then. A dataset with a folder
    of its own, which no file of the config calls ``data_root``, keeps it. Without a ``data_root``
    at the top nothing changes, so a config that combines datasets of several folders has none.

    Args:
        cfg: Changed in place, ``{train,val,test}_dataloader.dataset`` and what these wrap.
        everywhere: Whether datasets with folders of their own get it, too.
    """
    if 'data_root' not in cfg:
        return
    assigned = _ASSIGNED.findall(cfg.text or '')
    copied = None if everywhere or not assigned else {cfg.data_root, *assigned}
    for split in ('train', 'val', 'test'):
        loader = cfg.get(f'{split}_dataloader')
        for dataset in config_datasets(loader['dataset'] if loader else None):
            if 'data_root' in dataset and (copied is None or dataset['data_root'] in copied):
                dataset['data_root'] = cfg.data_root
