"""What users get wrong with the tools ends in a sentence that tells them what to do."""

import pytest
import torch
from helpers.runs import CONFIG, command_line, tiny_options, tool


@pytest.fixture(scope='module')
def wrong_checkpoints(tmp_path_factory):
    from helpers.networks import build

    folder = tmp_path_factory.mktemp('checkpoints')
    torch.save(dict(state_dict=build('pfld').state_dict()), folder / 'pfld.pth')
    deployed = build('ghostone', width_factor=0.125, num_conv_branches=2)
    deployed.switch_to_deploy()
    torch.save(dict(state_dict=deployed.state_dict()), folder / 'deployed.pth')
    (folder / 'text.pth').write_text('not a checkpoint')
    return folder


@pytest.mark.parametrize(
    ('name', 'sentences'),
    [
        ('pfld.pth', ['does not fit this model', 'give the config that it was trained with']),
        ('deployed.pth', ['deployed form: set model.backbone.inference_mode=True']),
        ('text.pth', ['is not a checkpoint']),
        ('missing.pth', ['missing.pth', 'does not exist']),
    ],
)
def test_a_wrong_checkpoint(synthetic_faces, wrong_checkpoints, tmp_path, name, sentences):
    done = tool(
        'test',
        CONFIG,
        wrong_checkpoints / name,
        '--work-dir',
        tmp_path,
        *command_line(tiny_options(synthetic_faces)),
    )
    assert done.returncode == 1
    for sentence in [name, *sentences]:
        assert sentence in done.stdout
    assert 'Traceback' not in done.stdout


@pytest.mark.parametrize(
    ('option', 'sentences'),
    [
        (
            {'model.head.num_keypoints': 97},
            ['num_keypoints=97', '98 points a face', 'set model.head.num_keypoints=98'],
        ),
        (
            {'data_root': 'no/such/folder'},
            ['train_dataloader.dataset', 'no/such/folder', 'does not exist', 'https://'],
        ),
        (
            {'val_dataloader.dataset.ann_file': 'no/such/list.txt'},
            ['val_dataloader.dataset', 'no/such/list.txt', 'does not exist'],
        ),
        ({'load_from': 'no/such.pth'}, ['load_from: the checkpoint no/such.pth does not exist']),
    ],
)
def test_a_wrong_setting(synthetic_faces, tmp_path, option, sentences):
    options = {**tiny_options(synthetic_faces), **option}
    done = tool('train', CONFIG, '--work-dir', tmp_path, *command_line(options))
    assert done.returncode == 1
    for sentence in sentences:
        assert sentence in done.stdout
    assert 'Epoch(train)' not in done.stdout  # before any work
    if 'model.head.num_keypoints' not in option:
        assert 'Traceback' not in done.stdout
