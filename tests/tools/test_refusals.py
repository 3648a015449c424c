"""What the tools are given is looked at before they work, and refused in one sentence."""

import pytest
import torch
from helpers.networks import build
from helpers.own_points import write_own_points
from helpers.runs import CONFIG, command_line, tool_here

SLIDER = 'configs/litehrnet18_fast_slider.py'
FACES = 'configs/pfld_ghostone_300w.py'
DEPLOY = 'configs/deploy/onnxruntime_static.py'
NARROW = {
    'model.backbone.width_factor': 0.125,
    'model.backbone.num_conv_branches': 2,
    'model.head.in_channels': 64,
}
OPTIONS = NARROW | {
    'train_dataloader.batch_size': 8,
    'train_dataloader.num_workers': 0,
    'val_dataloader.num_workers': 0,
    'test_dataloader.num_workers': 0,
    'param_scheduler.0.end': 1,
    'train_cfg.max_epochs': 1,
    'train_cfg.val_interval': 1,
}


@pytest.fixture
def run(capfd, monkeypatch):
    """Runs a tool in this process."""

    def call(name, *arguments):
        return tool_here(capfd, monkeypatch, name, *arguments)

    return call


@pytest.fixture
def refused(run):
    """Runs a tool that must refuse; returns its last line."""

    def call(name, *arguments, status=1):
        found, printed = run(name, *arguments)
        assert found == status, printed
        assert 'Traceback' not in printed
        return printed.strip().splitlines()[-1]

    return call


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """What is given in place of something else."""
    folder = tmp_path_factory.mktemp('files')
    (folder / 'empty.pth').write_bytes(b'')
    (folder / 'text.txt').write_text('text')
    torch.save([1, 2], folder / 'list.pth')
    state = build(
        'ghostone', num_keypoints=68, width_factor=0.125, num_conv_branches=2
    ).state_dict()
    torch.save(dict(state_dict=state), folder / 'faces.pth')
    state = {key: value.clone() for key, value in state.items()}
    state['head.fc.bias'][3] = float('nan')
    torch.save(dict(state_dict=state), folder / 'nan.pth')
    torch.save(dict(state_dict=build('pfld').state_dict()), folder / 'pfld.pth')
    return folder


@pytest.mark.parametrize(
    ('tool', 'arguments', 'message'),
    [
        ('benchmark', ['x', '--rounds', '0'], "from 1, found '0'"),
        ('benchmark', ['x', '--rounds', '-5'], "from 1, found '-5'"),
        ('benchmark', ['x', '--batches', '0'], "from 1, found '0'"),
        ('benchmark', ['x', '--threads', '-1'], "from 0, found '-1'"),
        ('benchmark_training', [CONFIG, '--batch-sizes', '0'], "from 1, found '0'"),
        ('benchmark_training', [CONFIG, '--device', 'tpu'], "cannot use 'tpu' here"),
        ('web', ['--port', '-1'], "from 0 to 65535, found '-1'"),
        (
            'train',
            [CONFIG, '--cfg-options', 'a', '1'],
            "expected key=value without spaces, found 'a'",
        ),
        ('test', [CONFIG, 'x', '--cfg-options', '=1'], "found '=1'"),
        ('publish', [CONFIG, 'x', 'y', '--cfg-options', 'a=(1,'], 'Imbalanced brackets'),
        ('deploy', [*'abcd', '--work-dir', 'e', '--cfg-options', 'a'], "found 'a'"),
        ('draw_slider', [*'abc', '--cfg-options', 'a'], "found 'a'"),
        ('convert_checkpoint', [*'abc', '--cfg-options', 'a'], "found 'a'"),
    ],
)
def test_wrong_options(refused, tool, arguments, message):
    assert message in refused(tool, *arguments, status=2)


@pytest.mark.parametrize(
    ('tool', 'arguments', 'message'),
    [
        ('test', [CONFIG, 'faces.pth', '--out', 'x.txt'], '--out: expected a file that ends in'),
        ('test', [CONFIG, 'faces.pth', '--dump', 'x.json'], '--dump: expected a file that ends in'),
        ('test', ['faces.pth', CONFIG], 'faces.pth cannot be read: Only py/yml'),
        ('train', ['text.txt'], 'text.txt cannot be read: '),
        ('publish', ['no.py', 'faces.pth', 'o.pth'], 'the config no.py does not exist'),
        ('publish', ['configs', 'faces.pth', 'o.pth'], 'the config configs is a folder'),
        ('publish', [FACES, 'no.pth', 'o.pth'], 'source: the checkpoint no.pth does not exist'),
        ('publish', [FACES, 'empty.pth', 'o.pth'], 'empty.pth (0 bytes) is not a checkpoint'),
        ('publish', [FACES, 'list.pth', 'o.pth'], 'found a list'),
        ('publish', [FACES, 'nan.pth', 'o.pth'], 'not finite (first: head.fc.bias)'),
        ('draw_slider', ['no.py', 'faces.pth', 'o.png'], 'the config no.py does not exist'),
        ('draw_slider', [SLIDER, 'no.pth', 'o.png'], 'the checkpoint no.pth does not exist'),
        ('draw_slider', [FACES, 'faces.pth', 'o.png'], 'expected the config of a slider'),
        ('draw_slider', [SLIDER, 'faces.pth', 'text.txt'], 'out: expected a file that ends in'),
        ('draw_slider', [SLIDER, 'faces.pth', 'text.txt/o.png'], 'text.txt is no folder'),
        ('web', ['--out', 'text.txt'], '--out: expected a folder to write'),
        ('draw_markups', ['text.txt'], 'folder: expected a folder to write'),
        ('benchmark', ['x', '--out', 'x.txt'], '--out: expected a file that ends in'),
        ('deploy', [DEPLOY, FACES, 'faces.pth', 'x', '--work-dir', 'text.txt'], '--work-dir: exp'),
        ('deploy', [FACES, DEPLOY, 'faces.pth', 'x', '--work-dir', 'o'], 'sets `model`, found'),
        ('deploy', [FACES, FACES, 'faces.pth', 'x', '--work-dir', 'o'], 'sets `backend_config`'),
        ('convert_checkpoint', ['no.py', 'faces.pth', 'o.pth'], 'the config no.py does not exist'),
    ],
)
def test_wrong_files(refused, files, tool, arguments, message):
    """Names of ``files`` stand for what is there."""
    real = [files / a if (files / a.split('/')[0]).exists() else a for a in map(str, arguments)]
    assert message in refused(tool, *real)


def test_a_target_that_cannot_be_written(refused, files, tmp_path):
    """Root may write everywhere: a folder stands in the file's place."""
    options = command_line(NARROW)
    line = refused('publish', FACES, files / 'faces.pth', tmp_path, *options)
    assert line.startswith(f'target: {tmp_path} could not be written') and '--resume' not in line


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A run of one epoch on five points of one's own."""
    folder = tmp_path_factory.mktemp('trained')
    config, patch = write_own_points(folder), pytest.MonkeyPatch()
    silent = type('', (), dict(readouterr=staticmethod(lambda: ('', ''))))
    work_dir = folder / 'run'
    arguments = [config, '--work-dir', work_dir, '--resume', *command_line(OPTIONS)]
    status, printed = tool_here(silent, patch, 'train', *arguments)
    patch.undo()
    assert status == 0, printed
    return config, work_dir


@pytest.mark.parametrize(
    ('arguments', 'more', 'message'),
    [
        (['--resume', '{best}'], {}, 'holds weights and no state of a training'),
        (['--resume', '{pfld}'], {}, 'holds weights and no state of a training'),
        (
            ['--resume'],
            {'train_dataloader.batch_size': 4},
            'an epoch had 2 iterations in the state',
        ),
        (
            ['--resume'],
            {'model.backbone.width_factor': 0.25, 'model.head.in_channels': 128},
            'does not fit this model',
        ),
        ([], {'load_from': '{pfld}'}, 'is of another network: 0 of the'),
        ([], {'load_from': '{nan}'}, 'not finite'),
        ([], {'load_from': 'http://localhost:9/x.pth'}, 'could not be downloaded'),
        ([], {'visualizer.type': 'X'}, 'KeyError: X is not in the mmpose::visualizer registry'),
        ([], {'train_dataloder.batch_size': 4}, 'did you mean train_dataloader?'),
    ],
)
def test_runs_that_cannot_begin(refused, trained, files, arguments, more, message):
    config, work_dir = trained
    (best,) = work_dir.glob('best_*.pth')
    places = dict(best=best, pfld=files / 'pfld.pth', nan=files / 'nan.pth')
    arguments = [text.format(**places) for text in arguments]
    more = {k: v.format(**places) if isinstance(v, str) else v for k, v in more.items()}
    before = sorted(work_dir.glob('*.pth'))
    options = command_line(OPTIONS | more)
    assert message in refused('train', config, '--work-dir', work_dir, *arguments, *options)
    assert sorted(work_dir.glob('*.pth')) == before


def test_a_work_dir_of_damaged_states(refused, trained, tmp_path):
    config, _ = trained
    (tmp_path / 'epoch_3.pth').write_bytes(b'PK')
    arguments = [config, '--work-dir', tmp_path, '--resume', *command_line(OPTIONS)]
    assert 'none of its 1 checkpoints can be read (epoch_3.pth)' in refused('train', *arguments)
    assert (tmp_path / 'epoch_3.pth').read_bytes() == b'PK'


def test_another_head_is_said(run, trained, files, tmp_path):
    config, _ = trained
    options = OPTIONS | {'load_from': files / 'faces.pth'}
    status, printed = run('train', config, '--work-dir', tmp_path, *command_line(options))
    assert status == 0 and 'tensors of the model fit' in printed


def broken_copy(config, root, is_broken):
    """The data of a config with some images that are none."""
    (root / 'train').mkdir(parents=True)
    for path in (config.parent / 'mine/train').iterdir():
        data = b'no image' if is_broken(path) else path.read_bytes()
        (root / 'train' / path.name).write_bytes(data)


@pytest.mark.parametrize('workers', [0, 1])
def test_a_broken_image_of_the_test_set(refused, trained, tmp_path, workers):
    config, work_dir = trained
    broken_copy(config, tmp_path / 'mine', lambda path: path.name == '7.png')
    (best,) = work_dir.glob('best_*.pth')
    options = OPTIONS | {
        'test_dataloader.num_workers': workers,
        'test_dataloader.persistent_workers': False,
        'test_dataloader.dataset.data_root': tmp_path / 'mine',
    }
    line = refused('test', config, best, '--work-dir', tmp_path / 'w', *command_line(options))
    assert line.startswith('test.py: ') and '7.png' in line


@pytest.mark.parametrize('workers', [0, 1])
def test_only_broken_images_to_train_on(refused, trained, tmp_path, workers):
    config, _ = trained
    broken_copy(config, tmp_path / 'mine', lambda path: path.suffix == '.png')
    options = OPTIONS | {
        'train_dataloader.num_workers': workers,
        'train_dataloader.persistent_workers': False,
        'train_dataloader.dataset.data_root': tmp_path / 'mine',
    }
    arguments = [config, '--work-dir', tmp_path / 'w', *command_line(options)]
    assert refused('train', *arguments) == 'Repair or remove them, or raise max_bad of the dataset.'


def test_good_images_are_measured(run, trained, tmp_path):
    config, work_dir = trained
    (best,) = work_dir.glob('best_*.pth')
    out = tmp_path / 'metrics.json'
    status, printed = run(
        'test', config, best, '--work-dir', tmp_path / 'w', '--out', out, *command_line(OPTIONS)
    )
    assert status == 0 and out.is_file(), printed
