"""Two gloo processes, started like torchrun starts them, train a model with MMEngine's Runner."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from pfld_mm.compat import prepare_cpu_distributed

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
import torch
from torch.utils.data import Dataset

from pfld_mm.compat import prepare_cpu_distributed
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, MODELS
from mmengine.runner import Runner


@DATASETS.register_module()
class Numbers(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return dict(x=torch.tensor([float(index)]))


@MODELS.register_module()
class Line(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x, mode='tensor'):
        return dict(loss=self.layer(x).sub(2 * x).square().mean())


cfg = Config(dict(
    default_scope='mmengine',
    model=dict(type='Line'),
    work_dir=sys.argv[1],
    launcher='pytorch',
    train_dataloader=dict(
        dataset=dict(type='Numbers'), batch_size=2,
        sampler=dict(type='DefaultSampler', shuffle=True),
        collate_fn=dict(type='default_collate')),
    train_cfg=dict(by_epoch=True, max_epochs=1),
    optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
    env_cfg=dict(dist_cfg=dict(backend='nccl')),
    randomness=dict(seed=0),
    log_level='ERROR',
))
runner = Runner.from_cfg(prepare_cpu_distributed(cfg))
runner.train()
weight = runner.model.module.layer.weight.item()
print(f'rank {runner.rank} of {runner.world_size}: {runner.iter} iterations, weight {weight!r}')
"""

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason='for machines without a GPU')


@no_gpu
def test_two_processes_train_one_model(tmp_path):
    (tmp_path / 'train.py').write_text(SCRIPT)
    command = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2']
    result = subprocess.run(
        [sys.executable, '-W', 'ignore', *command, str(tmp_path / 'train.py'), str(tmp_path)],
        env=os.environ | {'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    ranks = sorted(line for line in result.stdout.splitlines() if line.startswith('rank '))
    assert [line[:12] for line in ranks] == ['rank 0 of 2:', 'rank 1 of 2:']
    assert len({line[12:] for line in ranks}) == 1  # the same weights
    assert '2 iterations' in ranks[0]  # 8 samples, 2 processes, batches of 2


@no_gpu
def test_own_settings_are_kept(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'set_device', torch.cuda.set_device)
    cfg = Config(dict(model_wrapper_cfg=dict(find_unused_parameters=True), env_cfg=dict(a=1)))
    assert prepare_cpu_distributed(cfg) is cfg
    assert cfg.model_wrapper_cfg == dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=True,
        device_ids=None,
    )
    assert cfg.env_cfg == dict(
        a=1, dist_cfg=dict(backend='gloo'), mp_cfg=dict(mp_start_method='forkserver')
    )


def test_a_gpu_is_left_alone(monkeypatch):
    monkeypatch.setattr('pfld_mm.compat.distributed.get_device', lambda: 'cuda')
    cfg = Config(dict(env_cfg=dict(dist_cfg=dict(backend='nccl'))))
    assert prepare_cpu_distributed(cfg).env_cfg.dist_cfg.backend == 'nccl'
    assert 'model_wrapper_cfg' not in cfg
