import torch
from helpers.runs import tiny_config, train

from pfld_mm.engine.cpu_amp_optim_wrapper import CPUAmpOptimWrapper


def test_the_forward_runs_in_bfloat16():
    layer = torch.nn.Linear(2, 2)
    wrapper = CPUAmpOptimWrapper(torch.optim.SGD(layer.parameters(), lr=1.0))
    with wrapper.optim_context(layer):
        assert layer(torch.ones(1, 2)).dtype == torch.bfloat16
    assert layer(torch.ones(1, 2)).dtype == torch.float32


def test_a_model_of_the_family_learns(synthetic_faces, tmp_path):
    options = {'optim_wrapper.type': 'CPUAmpOptimWrapper', 'train_cfg.max_epochs': 2}
    runner = train(tiny_config(synthetic_faces, tmp_path, **options), 'cpu_amp')
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert len(losses) == 10
    assert losses[-1] < 0.9 * losses[0]
    assert all(p.dtype == torch.float32 for p in runner.model.parameters())
