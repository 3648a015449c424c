"""Two processes with SyncBatchNorm train as one process with both batches."""

import os
import subprocess
import sys

import pytest
import torch
from torch import distributed as dist
from torch import nn

from pfld_mm.models.layers.mobileone import MobileOneBlock

GEOMETRIES = {
    'pointwise': dict(in_channels=4, out_channels=4, kernel_size=1),
    'pointwise, wide': dict(in_channels=40, out_channels=2, kernel_size=1),
    'depthwise': dict(in_channels=3, out_channels=3, kernel_size=3, padding=1, groups=3),
    'stem': dict(in_channels=3, out_channels=8, kernel_size=3, stride=2, padding=1),
}
SPLIT = 3
"""Images of the first process, of five in all: uneven, so that the counts matter."""


def train(geometry, part, synchronise):
    """Outputs, input gradients, summed parameter gradients and buffers of one step."""
    torch.manual_seed(0)
    block = MobileOneBlock(**geometry, num_conv_branches=2, is_linear=True).double()
    x = torch.randn(5, geometry['in_channels'], 4, 4, dtype=torch.float64)
    x[SPLIT:] += 2  # the processes' means differ
    if synchronise:
        block = nn.SyncBatchNorm.convert_sync_batchnorm(block)
    x = x[part].requires_grad_()
    out = block(x)
    torch.manual_seed(1)
    weights = torch.randn(5, *out.shape[1:], dtype=torch.float64)[part]
    (out * weights).sum().backward()
    gradients = {f'{name}.grad': p.grad for name, p in block.named_parameters()}
    if synchronise:
        for gradient in gradients.values():
            dist.all_reduce(gradient)
    return [out.detach(), x.grad], gradients | dict(block.named_buffers())


def work(rank, folder):
    """What each of the two processes does."""
    torch.set_num_threads(1)
    dist.init_process_group('gloo', init_method=f'file://{folder}/meet', rank=rank, world_size=2)
    part = slice(SPLIT) if rank == 0 else slice(SPLIT, None)
    found = {name: train(geometry, part, True) for name, geometry in GEOMETRIES.items()}
    torch.save(found, f'{folder}/{rank}.pth')
    dist.barrier()
    dist.destroy_process_group()


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp('gloo')
    environment = os.environ | {'PYTHONPATH': os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen([sys.executable, __file__, str(rank), str(folder)], env=environment)
        for rank in range(2)
    ]
    try:
        assert [process.wait(60) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    return [torch.load(folder / f'{rank}.pth') for rank in range(2)]


@pytest.mark.parametrize('geometry', GEOMETRIES)
def test_two_processes_equal_one(geometry, results):
    maps, state = train(GEOMETRIES[geometry], slice(None), False)
    first, second = results[0][geometry], results[1][geometry]
    for whole, *parts in zip(maps, first[0], second[0], strict=True):
        joined = torch.cat(parts)
        torch.testing.assert_close(joined, whole, rtol=0, atol=1e-11)
    for _, found in (first, second):
        for name, value in state.items():
            torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-11, msg=name)


if __name__ == '__main__':
    work(int(sys.argv[1]), sys.argv[2])
