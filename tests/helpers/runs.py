"""Tiny training runs on drawn faces, in this process or through the tools."""

import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.runner import Runner

from pfld_mm.engine.config import apply_data_root

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs/pfld_ghostone_synthetic.py'


def tiny_options(data_root, max_epochs=4):
    """Overrides of the synthetic config: 4 epochs of 5 batches of 8 faces, a narrow network."""
    return {
        'data_root': str(data_root),
        'model.backbone.width_factor': 0.125,
        'model.backbone.num_conv_branches': 2,
        'model.head.in_channels': 64,
        'train_dataloader.batch_size': 8,
        'train_dataloader.dataset.part': ('train', 0.1),
        'val_dataloader.dataset.part': ('val', 0.1),
        'train_dataloader.num_workers': 1,
        'val_dataloader.num_workers': 0,
        'val_dataloader.persistent_workers': False,
        'test_dataloader.num_workers': 0,
        'test_dataloader.persistent_workers': False,
        'train_cfg.max_epochs': max_epochs,
        'train_cfg.val_interval': max_epochs,
        'default_hooks.logger.interval': 1,
        'param_scheduler.0.end': 5,  # a warm-up that fits into the run
    }


def tiny_config(data_root, work_dir, **options):
    """The synthetic config, made tiny."""
    cfg = Config.fromfile(CONFIG)
    cfg.merge_from_dict({**tiny_options(data_root), **options})
    cfg.work_dir = str(work_dir)
    cfg.visualizer.vis_backends = [dict(type='LocalVisBackend')]
    apply_data_root(cfg)
    return cfg


def train(cfg, name, resume=False):
    """Train in this process; returns the Runner."""
    cfg.experiment_name = name
    cfg.resume = resume
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the tools below, to add sums in the same order
    try:
        runner = Runner.from_cfg(cfg)
        runner.train()
    finally:
        torch.set_num_threads(threads)
    return runner


def tool(name, *arguments, launcher=None, wait=True):
    """Run a tool as a user does; returns the finished or the running process."""
    command = [sys.executable]
    if launcher:
        command += ['-m', 'torch.distributed.run', '--nproc_per_node=2', '--master_port', launcher]
    command += [f'tools/{name}.py', *map(str, arguments)]
    environment = {**os.environ, 'OMP_NUM_THREADS': '1'}
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if wait:
        return subprocess.run(command, cwd=ROOT, env=environment, timeout=240, **pipes)
    return subprocess.Popen(command, cwd=ROOT, env=environment, **pipes)


def command_line(options):
    """Options for ``--cfg-options``."""
    return ['--cfg-options', *(f'{key}={value}' for key, value in options.items())]


def tool_here(capfd, monkeypatch, name, *arguments):
    """Run a tool in this process, which is faster; returns its exit status and what it prints."""
    monkeypatch.setattr(logging, 'raiseExceptions', False)  # loggers of tests before, closed files
    monkeypatch.setattr(sys, 'argv', [f'{name}.py', *map(str, arguments)])
    monkeypatch.chdir(ROOT)
    try:
        runpy.run_path(str(ROOT / f'tools/{name}.py'), run_name='__main__')
        status = 0
    except SystemExit as end:
        status = end.code
    printed = ''.join(capfd.readouterr())
    return (1, printed + status) if isinstance(status, str) else (status or 0, printed)
