import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.fileio import LocalBackend
from mmengine.model import BaseModel
from mmengine.runner import (
    Runner,
    checkpoint,
    find_latest_checkpoint,
    load_checkpoint,
)
from mmengine.runner.checkpoint import CheckpointLoader
from torch.utils.data import Dataset

from pfld_mm.compat import CheckpointError, save_checkpoint, trust_checkpoint


class Points(Dataset):
    """Eight vectors of two numbers, with the numpy arrays that mmpose keeps in its metainfo."""

    metainfo = dict(name='points', sigmas=np.full(3, 0.1, np.float32), colors=np.eye(3, dtype='u1'))

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return dict(x=torch.tensor([index, 1.0 - index]))


class Regressor(BaseModel):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x, mode='tensor'):
        return dict(loss=(self.layer(x) - 1).square().mean())


def build_runner(work_dir, max_epochs, resume=False):
    return Runner(
        Regressor(),
        work_dir=str(work_dir),
        train_dataloader=dict(
            dataset=Points(),
            batch_size=2,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='default_collate'),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=max_epochs),
        optim_wrapper=dict(optimizer=dict(type='AdamW', lr=0.1), clip_grad=dict(max_norm=10)),
        param_scheduler=[
            dict(type='LinearLR', begin=0, end=3, by_epoch=False, start_factor=0.1),
            dict(type='CosineAnnealingLR', T_max=4, begin=0, end=4, by_epoch=True),
        ],
        custom_hooks=[dict(type='EMAHook', momentum=0.1)],
        randomness=dict(seed=3),
        resume=resume,
        log_level='ERROR',
        experiment_name=f'{Path(work_dir).name}{max_epochs}{resume}',
    )


@pytest.fixture(scope='module')
def checkpoint_file(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('run')
    build_runner(folder, 2).train()
    return folder / 'epoch_2.pth'


def test_checkpoints_need_nothing_but_torch(checkpoint_file):
    assert torch.serialization.get_unsafe_globals_in_checkpoint(checkpoint_file) == []
    checkpoint = torch.load(checkpoint_file, weights_only=True)
    assert checkpoint['meta']['epoch'] == 2
    assert {'optimizer', 'param_schedulers', 'message_hub', 'ema_state_dict'} <= set(checkpoint)
    assert checkpoint['state_dict']._metadata  # versions of the layers: batch norm needs them


def test_arrays_of_the_metainfo_come_back(checkpoint_file):
    meta = load_checkpoint(Regressor(), str(checkpoint_file))['meta']['dataset_meta']
    for key, value in Points.metainfo.items():
        assert type(meta[key]) is type(value)
        np.testing.assert_array_equal(meta[key], value)


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    whole = build_runner(tmp_path / 'whole', 4)
    whole.train()
    build_runner(tmp_path / 'parts', 2).train()
    resumed = build_runner(tmp_path / 'parts', 4, resume=True)
    resumed.train()

    first, second = (torch.load(r.work_dir + '/epoch_4.pth') for r in (whole, resumed))
    for key in ('state_dict', 'ema_state_dict', 'optimizer'):
        torch.testing.assert_close(first[key], second[key], rtol=0, atol=0)
    assert first['param_schedulers'] == second['param_schedulers']
    buffers = [r.message_hub.get_scalar('train/loss') for r in (whole, resumed)]
    assert len(buffers[0].data[0]) == 16
    np.testing.assert_array_equal(buffers[0].data, buffers[1].data)


def test_resuming_does_not_doubt_its_own_dataset(checkpoint_file, tmp_path, caplog):
    (tmp_path / 'epoch_2.pth').write_bytes(checkpoint_file.read_bytes())
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'epoch_2.pth'))
    runner = build_runner(tmp_path, 3, resume=True)
    runner.logger.setLevel('WARNING')
    warnings = []
    runner.logger.warning = lambda text, *args: warnings.append(text)
    runner.train()
    assert not [text for text in warnings if 'dataset' in text], warnings


def test_a_kill_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / 'a.pth'
    save_checkpoint({'state_dict': {'w': torch.ones(2)}}, str(path))

    def half(backend, content, filepath):
        Path(filepath).write_bytes(content[: len(content) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalBackend, 'put', half)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint({'state_dict': {'w': torch.zeros(2)}}, str(path))
    assert torch.load(path)['state_dict']['w'].sum() == 2


class Payload:
    """Runs code when it is unpickled: what the check is there for."""

    def __reduce__(self):
        return os.mkdir, (str(Payload.folder),)


def foreign_checkpoint(folder: Path, legacy: bool = False) -> Path:
    path, Payload.folder = folder / 'foreign.pth', folder / 'ran'
    content = {'state_dict': {'layer.weight': torch.ones(1, 2)}, 'meta': Payload()}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.mark.parametrize('legacy', [False, True])
def test_a_foreign_checkpoint_is_refused_with_the_way_to_trust_it(tmp_path, legacy):
    path = foreign_checkpoint(tmp_path, legacy)
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(Regressor(), str(path))
    assert not (tmp_path / 'ran').exists()
    for part in (str(path), 'posix.mkdir', 'PFLD_MM_TRUST_CHECKPOINTS=1', 'trust_checkpoint'):
        assert part in str(error.value)


def test_trust_by_environment_variable(tmp_path, monkeypatch):
    monkeypatch.setenv('PFLD_MM_TRUST_CHECKPOINTS', '1')
    load_checkpoint(Regressor(), str(foreign_checkpoint(tmp_path)))
    assert (tmp_path / 'ran').is_dir()


def test_trust_of_one_file_is_not_trust_of_another(tmp_path):
    trusted = foreign_checkpoint(tmp_path)
    other = tmp_path / 'other.pth'
    other.write_bytes(trusted.read_bytes())
    trust_checkpoint(trusted)
    with pytest.raises(CheckpointError):
        load_checkpoint(Regressor(), str(other))
    load_checkpoint(Regressor(), str(trusted))
    assert (tmp_path / 'ran').is_dir()


@pytest.mark.parametrize(
    'load', [CheckpointLoader.load_checkpoint, lambda url: checkpoint.load_from_http(url)]
)
def test_downloads_are_checked_too(tmp_path, monkeypatch, load):
    source = foreign_checkpoint(tmp_path)
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path / 'hub'))
    monkeypatch.setattr(
        torch.hub,
        'download_url_to_file',
        lambda url, path, progress: Path(path).write_bytes(source.read_bytes()),
    )
    with pytest.raises(CheckpointError, match='TRUST'):
        load('https://example.org/models/foreign.pth?x=1')
    assert (tmp_path / 'hub/checkpoints/foreign.pth').is_file()
    assert not (tmp_path / 'ran').exists()


def damaged_files(checkpoint_file: Path) -> dict[str, bytes]:
    whole = checkpoint_file.read_bytes()
    return {
        'empty': b'',
        'text': b'<html>404: Not Found</html>',
        'cut_off': whole[: len(whole) // 2],
        'cut_at_the_end': whole[:-30],
        'first_byte': whole[:1],
        'zeros': bytes(1000),
        'bare_pickle': b'\x80\x02}q\x00.',
    }


@pytest.mark.parametrize(
    'kind', ['empty', 'text', 'cut_off', 'cut_at_the_end', 'first_byte', 'zeros', 'bare_pickle']
)
def test_damaged_files_are_met_by_name(kind, checkpoint_file, tmp_path):
    path = tmp_path / f'{kind}.pth'
    path.write_bytes(damaged_files(checkpoint_file)[kind])
    with pytest.raises(CheckpointError, match=re.escape(str(path))) as error:
        load_checkpoint(Regressor(), str(path))
    assert 'damaged or cut off' in str(error.value)
    assert 'TRUST' not in str(error.value)


def test_another_zip_file_is_no_checkpoint(tmp_path):
    path = tmp_path / 'images.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('a.txt', 'hello')
    with pytest.raises(CheckpointError, match='is not a checkpoint'):
        load_checkpoint(Regressor(), str(path))


@pytest.mark.parametrize('content', [torch.ones(3), [1, 2], {'a': 1}, {'state_dict': {}}])
def test_files_without_weights_are_refused(content, tmp_path):
    torch.save(content, tmp_path / 'x.pth')
    with pytest.raises(CheckpointError, match='holds no model weights'):
        load_checkpoint(Regressor(), str(tmp_path / 'x.pth'))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / 'no.pth'))):
        load_checkpoint(Regressor(), str(tmp_path / 'no.pth'))


def test_a_bare_state_dict_loads(tmp_path):
    weights = {'layer.weight': torch.full((1, 2), 7.0), 'layer.bias': torch.zeros(1)}
    torch.save(weights, tmp_path / 'bare.pth')
    model = Regressor()
    load_checkpoint(model, str(tmp_path / 'bare.pth'), strict=True)
    assert model.layer.weight.unique().tolist() == [7.0]


def test_versions_of_the_layers_survive(tmp_path):
    torch.save(torch.nn.BatchNorm1d(2).state_dict(), tmp_path / 'bare.pth')
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'bare.pth'))
    assert loaded._metadata['']['version'] == 2


def test_a_missing_device_is_not_blamed_on_the_file(checkpoint_file):
    if torch.cuda.is_available():
        pytest.skip('for machines without a GPU')
    with pytest.raises(RuntimeError, match='CUDA') as error:
        CheckpointLoader.load_checkpoint(str(checkpoint_file), map_location='cuda')
    assert not isinstance(error.value, CheckpointError)


def test_the_latest_checkpoint_is_found(checkpoint_file):
    assert find_latest_checkpoint(str(checkpoint_file.parent)) == str(checkpoint_file)
