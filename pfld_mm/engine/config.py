from __future__ import annotations

import inspect
import re
import traceback
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

from pfld_mm.compat.config_datasets import config_datasets
from pfld_mm.engine.config_error import ConfigError
from pfld_mm.engine.config_parts import closest, part, sentence

_ASSIGNED = re.compile(r"""^data_root\s*=\s*['"](.*?)['"]""", re.MULTILINE)
"""What a file of a config calls ``data_root`` (``cfg.text`` has all files that it consists of)."""


KNOWN_KEYS = (
    *inspect.signature(Runner).parameters,
    *('activation_checkpointing', 'compile', 'custom_imports', 'data_root', 'default_scope'),
    *('efficient_conv_bn_eval', 'find_unused_parameters', 'model_wrapper_cfg', 'sync_bn'),
)
"""What MMEngine, MMPose and the tools read at the top of a config."""


def load_config(path: str | Path, options: dict | None = None) -> Config:
    """Read a config as every tool does.

    Overrides are merged, ``data_root`` is passed on to the datasets (see ``apply_data_root``), and
    the config's default scope is set, so that its components can be built.

    Args:
        path: The config file.
        options: Overrides, as of ``--cfg-options``.

    Raises:
        FileNotFoundError: If there is no such file.
        ConfigError: If it is no config of a model, or an override sets what nothing reads.
    """
    cfg, options = read_config(path, 'model'), options or {}
    for key in options:
        _check_key(cfg, key)
    with part(f'--cfg-options {" ".join(options)}'):
        cfg.merge_from_dict(options)
    apply_data_root(cfg, everywhere='data_root' in options)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    return cfg


def read_config(path: str | Path, kind: str) -> Config:
    """Read a config file with its bases, as it is.

    Args:
        path: The file.
        kind: The key that makes it a config of the wanted kind.

    Raises:
        FileNotFoundError: If there is no such file.
        ConfigError: If it cannot be read, or is of another kind.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'the config {path} '
            + ('is a folder, name the file in it' if Path(path).is_dir() else 'does not exist')
        )
    try:
        cfg = Config.fromfile(path)
    except Exception as error:  # a config is a program, which may raise anything
        places = [
            f'{frame.filename}, line {frame.lineno}: '
            for frame in traceback.extract_tb(error.__traceback__)
            if not {'mmengine', 'pfld_mm'} & set(Path(frame.filename).parts)
        ]
        raise ConfigError(
            f'the config {path} cannot be read: {"".join(places[-1:])}{sentence(error)}'
        ) from error
    if kind not in cfg:
        raise ConfigError(
            f'{path}: expected a config that sets `{kind}`, found {list(cfg)[:5] or "nothing"}; '
            'look at the order of the arguments, or give one of configs/'
        )
    return cfg


def _check_key(cfg: Config, key: str) -> None:
    """An override at the top must set what the config has or something reads."""
    top = key.partition('.')[0]
    if top in cfg or top in KNOWN_KEYS:
        return
    inside = [
        f'{name}.{top}' for name, group in cfg.items() if isinstance(group, dict) and top in group
    ]
    advice = f', did you mean {inside[0]}?' if inside else closest(top, [*cfg, *KNOWN_KEYS])
    raise ConfigError(f'--cfg-options {key}: the config has no {top}, and nothing reads it{advice}')


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
        for dataset in config_datasets(loader.get('dataset') if isinstance(loader, dict) else None):
            if 'data_root' in dataset and (copied is None or dataset['data_root'] in copied):
                dataset['data_root'] = cfg.data_root
