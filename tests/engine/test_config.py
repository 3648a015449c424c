import pytest
from helpers.runs import CONFIG
from mmengine.config import Config

from pfld_mm.engine.config import apply_data_root, load_config, read_config
from pfld_mm.engine.config_error import ConfigError


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
    path.write_text(
        "data_root = 'old'\nval_dataloader = dict(dataset=dict(data_root=data_root))\nmodel = {}\n"
    )
    cfg = load_config(path, {'data_root': 'mine'})
    assert cfg.val_dataloader.dataset.data_root == 'mine'


@pytest.mark.parametrize(
    ('name', 'text', 'message'),
    [
        ('state.pth', 'PK', r'cannot be read: Only py/yml/yaml/json'),
        ('labels.json', '{"images": []}', r"sets `model`, found \['images'\]; look at the order"),
        ('list.json', '[1]', r'cannot be read: '),
        ('empty.py', '', r'sets `model`, found nothing'),
        ('open.py', 'model = (', r'cannot be read: .*line 1'),
        ('raises.py', 'a = 1\nmodel = b', r'raises\.py, line 2: NameError: .*b'),
        ('base.py', "_base_ = 'no.py'", r'cannot be read: .*no\.py'),
    ],
)
def test_what_is_no_config(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=message) as error:
        load_config(tmp_path / name)
    assert name in str(error.value) and '\n' not in str(error.value)


def test_configs_of_another_kind(tmp_path):
    with pytest.raises(ConfigError, match='sets `backend_config`, found'):
        read_config(CONFIG, 'backend_config')
    with pytest.raises(FileNotFoundError, match='is a folder, name the file'):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ('key', 'advice'),
    [
        ('train_dataloder.batch_size', 'did you mean train_dataloader?'),
        ('val_interval', r'did you mean train_cfg.val_interval?'),
        ('load_form', r'did you mean load_from?'),
        ('zzz', 'nothing reads it'),
    ],
)
def test_overrides_that_nothing_reads(key, advice):
    with pytest.raises(ConfigError) as error:
        load_config(CONFIG, {key: 1})
    assert str(error.value).startswith(f'--cfg-options {key}: ')
    assert str(error.value).endswith(advice)


@pytest.mark.parametrize('key', ['codec.sigma', 'load_from', 'model_wrapper_cfg.type', 'sync_bn'])
def test_overrides_that_something_reads(key):
    load_config(CONFIG, {key: 'x'})


def test_an_override_that_has_no_place():
    with pytest.raises(ConfigError, match=r'^--cfg-options param_scheduler\.9\.end: '):
        load_config(CONFIG, {'param_scheduler.9.end': 5})
