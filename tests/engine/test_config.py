import pytest
from mmengine.config import Config

from pfld_mm.engine.config import apply_data_root, load_config


def config(**more) -> Config:
    inner = dict(type='WFLW', data_root='old')
    return Config(
        dict(
            train_dataloader=dict(
                dataset=dict(
                    type='RepeatDataset', dataset=dict(type='CombinedDataset', datasets=[inner])
                )
            ),
            val_dataloader=dict(dataset=dict(inner)),
            test_dataloader=None,
            **more,
        )
    )


def test_reaches_wrapped_datasets():
    cfg = config(data_root='first')
    cfg.merge_from_dict({'data_root': '/my/folder'})
    apply_data_root(cfg)
    inner = cfg.train_dataloader.dataset.dataset.datasets[0]
    assert inner.data_root == cfg.val_dataloader.dataset.data_root == '/my/folder'
    assert 'data_root' not in cfg.train_dataloader.dataset


def test_nothing_changes_without_it():
    cfg = config()
    apply_data_root(cfg)
    assert cfg.val_dataloader.dataset.data_root == 'old'


def test_a_missing_config_is_named():
    with pytest.raises(FileNotFoundError, match=r'the config no\.py does not exist'):
        load_config('no.py')


def test_overrides_reach_the_datasets(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text("data_root = 'old'\nval_dataloader = dict(dataset=dict(data_root=data_root))\n")
    cfg = load_config(path, {'data_root': 'mine'})
    assert cfg.val_dataloader.dataset.data_root == 'mine'
