from mmengine.config import Config

from pfld_mm.datasets.data_root import apply_data_root


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
