import pytest
import torch
from torch import nn

from pfld_mm.models.layers.mobileone import MobileOneBlock
from pfld_mm.models.layers.running_statistics import column, process_group, update_running


def statistics(x):
    """Count, mean and biased variance of (N, C, H, W)."""
    variance, mean = torch.var_mean(x, (0, 2, 3), correction=0)
    return torch.tensor(float(x[:, 0].numel())), mean, variance


OPTIONS = [[{}, {}], [dict(momentum=None)] * 2, [dict(momentum=0.5), dict(momentum=None)]]


@pytest.mark.parametrize('options', OPTIONS, ids=str)
def test_moves_as_batch_norm_does(options):
    torch.manual_seed(0)
    ours, theirs = ([nn.BatchNorm2d(3, **o).double() for o in options] for _ in range(2))
    for _ in range(3):
        inputs = [torch.randn(2, 3, 4, 5, dtype=torch.float64) * 2 + 1 for _ in options]
        count, means, variances = zip(*map(statistics, inputs), strict=True)
        update_running(ours, count[0], torch.stack(means), torch.stack(variances))
        for bn, x in zip(theirs, inputs, strict=True):
            bn(x)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.num_batches_tracked == 3
        torch.testing.assert_close(mine.running_mean, other.running_mean)
        torch.testing.assert_close(mine.running_var, other.running_var)


def test_frozen_ones_and_those_without_statistics_are_left_alone():
    frozen, moving = nn.BatchNorm2d(2).eval(), nn.BatchNorm2d(2, momentum=1.0)
    bare = nn.BatchNorm2d(2, track_running_stats=False)
    mean = torch.tensor([[1.0, 2], [3, 4], [5, 6]])
    update_running([frozen, moving, bare], torch.tensor(2.0), mean, torch.ones(3, 2))
    assert frozen.running_mean.tolist() == [0, 0] and frozen.num_batches_tracked == 0
    assert moving.running_mean.tolist() == [3, 4]
    assert moving.running_var.tolist() == [2, 2]  # unbiased: 1 * 2 / (2 - 1)
    update_running([bare], torch.tensor(2.0), mean[:1], torch.ones(1, 2))
    assert bare.running_mean is None


def test_column():
    found = column((1e-5, 1e-3), torch.device('cpu'))
    assert found.shape == (2, 1) and found.dtype == torch.float64
    assert found.flatten().tolist() == [1e-5, 1e-3]


def test_without_processes_there_is_no_group():
    assert process_group([nn.BatchNorm2d(2)]) is None
    assert process_group([nn.SyncBatchNorm(2)]) is None  # nothing is initialised


def test_a_group_of_one_process_is_none(one_process):
    assert process_group([nn.SyncBatchNorm(2)]) is None


def test_a_mixture_of_synchronised_and_other_branches_is_refused(one_process):
    block = MobileOneBlock(3, 3, 1, num_conv_branches=2)
    block.rbr_conv[0] = nn.SyncBatchNorm.convert_sync_batchnorm(block.rbr_conv[0])
    with pytest.raises(ValueError, match='found 1 of 3 converted'):
        block(torch.randn(2, 3, 4, 4))
