from __future__ import annotations

from collections.abc import Iterator

from mmengine.config import Config


def apply_data_root(cfg: Config) -> None:
    """Give every dataset of a config the config's own ``data_root``.

    ``--cfg-options data_root=/my/folder`` and a leaf that sets ``data_root`` replace only that
    variable: the base configs have copied it into their datasets by then. Call this after the
    options are merged. Without a ``data_root`` at the top nothing changes, so a config that
    combines datasets of several folders has none.

    Args:
        cfg: changed in place, ``{train,val,test}_dataloader.dataset`` and what these wrap.
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
