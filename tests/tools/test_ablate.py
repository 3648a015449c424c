"""The table of an ablation: closed forms, and a tiny run."""

import importlib.util
import json

import pytest
from helpers.runs import CONFIG, ROOT, command_line, tiny_options, tool


@pytest.fixture(scope='module')
def ablate():
    spec = importlib.util.spec_from_file_location('ablate', ROOT / 'tools/ablate.py')
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / 'tools'))
        spec.loader.exec_module(module)
    return module


EPOCHS = 'train_cfg = dict(max_epochs=3)\n'


def report(folder, errors):
    folder.mkdir(parents=True)
    faces = [dict(picture=f'{i}.jpg', id=i, error=error) for i, error in enumerate(errors)]
    (folder / 'face_nme.json').write_text(json.dumps(dict(faces=faces)))


def recipe(ablate, folder, name, change, runs):
    """A config with two parts, and its finished runs: runs[seed][part] are errors."""
    path = folder / f'{name}.py'
    evaluators = ', '.join(f'dict(prefix={part!r})' for part in runs[0])
    path.write_text(f'# {change}\n{EPOCHS}val_evaluator = [{evaluators}]\n')
    for seed, parts in enumerate(runs):
        for part, errors in parts.items():
            report(folder / 'runs' / name / f'seed_{seed}' / part, errors)
    return ablate.Recipe(path, folder / 'runs', [])


def test_the_difference_is_paired_by_face(ablate):
    one = {('a', 0): 0.05, ('b', 1): 0.07}
    two = {('b', 1): 0.06, ('a', 0): 0.02}
    base = {('a', 0): 0.04, ('b', 1): 0.06}
    # a: 0.035 - 0.04, b: 0.065 - 0.06
    difference, error = ablate.paired_difference([one, two], [base, base])
    assert difference == pytest.approx(0)
    assert error == pytest.approx(0.005)
    with pytest.raises(ValueError, match='have measured different faces'):
        ablate.paired_difference([{('a', 0): 0.05}], [base])


def test_the_table(ablate, tmp_path):
    base = recipe(
        ablate,
        tmp_path,
        'base',
        'What all are compared with.',
        [{'98': [0.05, 0.07], '68': [0.03, 0.03]}, {'98': [0.05, 0.09], '68': [0.03, 0.03]}],
    )
    only = recipe(ablate, tmp_path, 'only', 'Only 98.', [{'98': [0.05, 0.06]}, {'98': [0.05] * 2}])
    broken = recipe(ablate, tmp_path, 'broken', 'Breaks.', [{'98': [], '68': []}])
    text = ablate.table([base, only, broken], [0, 1], {broken})
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in text.splitlines()[:5]]
    assert rows == [
        [
            'change',
            '98: NME % (seeds)',
            '98: difference',
            '68: NME % (seeds)',
            '68: difference',
        ],
        ['---'] * 5,
        ['What all are compared with. (`base`)', '6.50 (6.00, 7.00)', '', '3.00 (3.00, 3.00)', ''],
        ['Only 98. (`only`)', '5.25 (5.50, 5.00)', '-1.25 ± 1.25', '', ''],
        ['Breaks. (`broken`)', 'failed', '', '', ''],
    ]
    assert '2 faces (98), 2 faces (68)' in text


FAKE = """
import json, pathlib, sys
options = dict(option.split('=') for option in sys.argv if '=' in option)
if 'broken' in sys.argv[1]:
    sys.exit(1)
assert options['train_cfg.max_epochs'] == '6'
assert options['randomness.seed'] in sys.argv[3]
folder = pathlib.Path(sys.argv[3])
folder.mkdir(parents=True)  # a second run would fail
for key, folder in options.items():
    if key.endswith('out_dir'):
        faces = [dict(picture='a', id=i, error=0.01 * i) for i in range(3)]
        pathlib.Path(folder).mkdir(parents=True)
        pathlib.Path(folder, 'face_nme.json').write_text(json.dumps(dict(faces=faces)))
"""


def test_finished_runs_are_skipped_and_failed_ones_told(ablate, tmp_path, monkeypatch):
    train = tmp_path / 'train.py'
    train.write_text(FAKE)
    monkeypatch.setattr(ablate, 'TRAIN', train)
    paths = [tmp_path / 'good.py', tmp_path / 'broken.py']
    for path in paths:
        path.write_text(EPOCHS + "val_evaluator = [dict(prefix='98'), dict(prefix='68')]\n")
    command = ['ablate.py', *map(str, paths), '--seeds', '3', '4', '--work-dir', str(tmp_path)]
    command += ['--longer', '2']
    monkeypatch.setattr('sys.argv', [*command, '--out', str(tmp_path / 'table.md')])
    for _ in range(2):
        with pytest.raises(SystemExit, match=r'^1$'):
            ablate.main()
    table = (tmp_path / 'table.md').read_text()
    assert '| good (`good`) | 1.00 (1.00, 1.00) |  | 1.00 (1.00, 1.00) |' in table
    assert '| broken (`broken`) | failed |' in table


def test_a_real_run(synthetic_faces, tmp_path):
    options = command_line(tiny_options(synthetic_faces, max_epochs=1))
    config = tmp_path / 'base.py'
    config.write_text(f'# The base.\n_base_ = {str(CONFIG)!r}\n')
    done = tool('ablate', config, '--seeds', 3, '--work-dir', tmp_path / 'runs', *options)
    assert done.returncode == 0, done.stdout
    figures = tmp_path / 'runs/base/seed_3/all/face_nme.json'
    nme = 100 * json.loads(figures.read_text())['figures']['NME']
    assert f'| The base. (`base`) | {nme:.2f} ({nme:.2f}) |' in done.stdout
