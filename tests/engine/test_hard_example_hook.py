import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from torch import nn
from torch.utils.data import Dataset

import pfld_mm.compat  # noqa: F401
from pfld_mm.datasets.epoch_index import EpochIndex
from pfld_mm.engine.epoch_hook import EpochHook
from pfld_mm.engine.hard_example_hook import HardExampleHook


class Numbers(Dataset):
    """Twenty fresh numbers an epoch; the loss of number i is the last digit of 7 i."""

    metainfo = {}

    def __init__(self):
        self.index = EpochIndex(20)
        self.seen = []

    def __len__(self):
        return 20

    def __getitem__(self, i):
        number = self.index[i]
        self.seen.append(number)
        return dict(
            inputs=torch.ones(1), data_samples=BaseDataElement(metainfo=dict(img_id=number))
        )

    def set_epoch(self, epoch):
        self.index.set_epoch(epoch)

    def set_hard_examples(self, ids):
        self.index.set_hard_examples(ids)


class Head(nn.Module):
    sample_losses = None


class Model(BaseModel):
    def __init__(self):
        super().__init__()
        self.head = Head()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, inputs, data_samples, mode):
        self.head.sample_losses = torch.tensor([float(7 * s.img_id % 10) for s in data_samples])
        return dict(loss=self.weight.square().sum())


def run(work_dir, epochs, hook, resume=False, model=None):
    runner = Runner(
        model or Model(),
        str(work_dir),
        train_dataloader=dict(
            dataset=Numbers(),
            batch_size=4,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='pseudo_collate'),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_hooks=dict(
            checkpoint=dict(type='CheckpointHook', interval=1), logger=dict(type='LoggerHook')
        ),
        custom_hooks=[EpochHook(), hook],
        resume=resume,
        experiment_name=f'{work_dir.name}{epochs}{resume}',
        log_level='ERROR',
    )
    runner.train()
    return runner.train_dataloader.dataset.seen


# Of the fourth epoch's numbers, 60 to 79: 7 * 67 = 469, 7 * 77 = 539, the two nines of twenty.
WORST = [67, 77]


def test_worst_tenth_comes_again_every_fifth_epoch(tmp_path):
    seen = run(tmp_path, 6, HardExampleHook())
    epochs = [seen[i : i + 20] for i in range(0, len(seen), 20)]
    assert epochs[4] == WORST * 10
    for k in (0, 1, 2, 3, 5):
        assert epochs[k] == list(range(20 * k, 20 * k + 20))


def test_survives_resume_with_weights_only(tmp_path):
    run(tmp_path, 4, HardExampleHook())
    state = torch.load(tmp_path / 'epoch_4.pth', weights_only=True)
    assert state['hard_examples'] == dict(hard=WORST, scores={})
    assert run(tmp_path, 5, HardExampleHook(), resume=True) == WORST * 10


def test_the_unfinished_epochs_losses_are_kept():
    hook, restored = HardExampleHook(), HardExampleHook()
    hook.hard, hook._scores = [3], {5: 0.5, 6: 0.25}
    checkpoint = {}
    hook.before_save_checkpoint(None, checkpoint)
    runner = type('Runner', (), dict(_resume=True))()
    restored.after_load_checkpoint(runner, checkpoint)
    assert (restored.hard, restored._scores) == ([3], {5: 0.5, 6: 0.25})


def test_another_runs_weights_do_not_bring_its_list():
    hook = HardExampleHook()
    runner = type('Runner', (), dict(_resume=False))()
    hook.after_load_checkpoint(runner, dict(hard_examples=dict(hard=[3], scores={})))
    assert hook.hard == []


def test_unfit_head_is_named_before_training(tmp_path):
    model = Model()
    model.head = nn.Identity()
    with pytest.raises(TypeError, match='Identity has no sample_losses'):
        run(tmp_path, 1, HardExampleHook(), model=model)


@pytest.mark.parametrize(
    ('kwargs', 'name'), [(dict(fraction=0), 'fraction'), (dict(interval=1), 'interval')]
)
def test_bad_settings_are_named(kwargs, name):
    with pytest.raises(ValueError, match=name):
        HardExampleHook(**kwargs)
