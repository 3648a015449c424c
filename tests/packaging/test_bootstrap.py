import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tool():
    """The tool as a module."""
    spec = importlib.util.spec_from_file_location('bootstrap', ROOT / 'tools/bootstrap.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bootstrap(tool, monkeypatch):
    """The tool on a bare machine; what it would install is recorded in ``installed``."""
    tool.installed = []
    monkeypatch.setattr(tool, 'pip', lambda python, what, *args: tool.installed.append(args))
    monkeypatch.setattr(tool, 'make_venv', lambda folder, user: folder / 'bin/python')
    monkeypatch.setattr(tool, 'users_packages', dict)
    monkeypatch.setattr(tool, 'has_gpu', lambda: False)
    monkeypatch.setattr(tool, 'check_python', lambda: None)
    return tool


def run(bootstrap, folder: Path, monkeypatch) -> int:
    bootstrap.installed.clear()
    monkeypatch.setattr(sys, 'argv', ['bootstrap.py', str(folder)])
    return bootstrap.main()


def test_the_second_run_does_nothing(bootstrap, tmp_path, monkeypatch):
    assert run(bootstrap, tmp_path / 'venv', monkeypatch) == 0
    torch, resolved, nodeps, project = bootstrap.installed
    assert torch[-1] == 'torch==2.13.0' and bootstrap.CPU_INDEX in torch and '--no-deps' in torch
    assert 'mmengine==0.10.7' in resolved and 'pytest==9.2.0' in resolved
    assert 'mmpose==1.3.2' in nodeps and '--no-deps' in nodeps
    assert project[-2:] == ('-e', str(ROOT))
    assert run(bootstrap, tmp_path / 'venv', monkeypatch) == 0
    assert bootstrap.installed == []


@pytest.mark.parametrize('stop', [KeyboardInterrupt, 'SetupError'])
def test_an_interrupted_set_up_is_done_again(bootstrap, tmp_path, monkeypatch, stop, capsys):
    folder = tmp_path / 'venv'

    def stopping(python, what, *args):
        (folder / 'half-installed').write_text('')
        raise bootstrap.SetupError('no network') if stop == 'SetupError' else stop

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, 'pip', stopping)
        assert run(bootstrap, folder, monkeypatch) in (1, 130)
    assert 'set-up' in capsys.readouterr().err
    assert (folder / 'half-installed').exists()
    assert run(bootstrap, folder, monkeypatch) == 0
    assert len(bootstrap.installed) == 4
    assert not (folder / 'half-installed').exists()


def test_other_requirements_make_it_again(bootstrap, tmp_path, monkeypatch):
    lists = tmp_path / 'requirements'
    lists.mkdir()
    for path in bootstrap.REQUIREMENTS.glob('*.txt'):
        (lists / path.name).write_text(path.read_text())
    monkeypatch.setattr(bootstrap, 'REQUIREMENTS', lists)
    run(bootstrap, tmp_path / 'venv', monkeypatch)
    (lists / 'dev.txt').write_text('pytest==9.9.9\n')
    assert run(bootstrap, tmp_path / 'venv', monkeypatch) == 0
    assert 'pytest==9.9.9' in bootstrap.installed[1]


def test_a_folder_of_the_user_is_not_touched(bootstrap, tmp_path, monkeypatch, capsys):
    (tmp_path / 'pyvenv.cfg').write_text('mine')
    assert run(bootstrap, tmp_path, monkeypatch) == 1
    assert [path.name for path in tmp_path.iterdir()] == ['pyvenv.cfg']
    assert str(tmp_path) in (message := capsys.readouterr().err) and 'VENV=' in message


def test_other_pythons_are_refused_by_name(tool):
    tool.sys = type('sys', (), dict(version_info=(3, 9, 1), executable='/usr/bin/python3.9'))
    for version in [(3, 9, 1), (3, 15, 0)]:
        tool.sys.version_info = version
        match = rf'is Python 3\.{version[1]}, .* 3\.10 to 3\.14.*make PYTHON='
        with pytest.raises(tool.SetupError, match=match):
            tool.check_python()
    for minor in range(10, 15):
        tool.sys.version_info = (3, minor, 0)
        tool.check_python()


def test_the_folder_keeps_the_python_that_made_it(bootstrap, tmp_path, monkeypatch, capsys):
    folder, said = tmp_path / 'venv', []
    monkeypatch.setattr(
        bootstrap.choose_python, 'choose', lambda *a: said.append(a) or (sys.executable, 'Chosen.')
    )
    monkeypatch.delenv(bootstrap.choose_python.VARIABLE, raising=False)
    assert bootstrap.chosen_python(folder) == sys.executable
    assert said[0][0] == 'torch==2.13.0+cpu' and 'set-up: Chosen.' in capsys.readouterr().out
    assert run(bootstrap, folder, monkeypatch) == 0
    assert bootstrap.chosen_python(folder) == sys.executable
    assert len(said) == 1 and not capsys.readouterr().out.count('Chosen')
    monkeypatch.setenv(bootstrap.choose_python.VARIABLE, '/usr/bin/another')
    bootstrap.chosen_python(folder)
    assert len(said) == 2


def test_a_python_with_torch_is_taken(bootstrap, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, 'users_packages', lambda: {'torch': tmp_path})
    monkeypatch.delenv(bootstrap.choose_python.VARIABLE, raising=False)
    assert bootstrap.chosen_python(tmp_path / 'venv') == sys.executable
    assert 'because it has torch' in capsys.readouterr().out


def test_a_gpu_gets_the_usual_build(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, 'has_gpu', lambda: True)
    run(bootstrap, tmp_path / 'venv', monkeypatch)
    assert len(bootstrap.installed) == 3
    assert 'torch==2.13.0' in bootstrap.installed[0]


def test_without_the_cpu_index_the_usual_build_is_taken(bootstrap, tmp_path, monkeypatch, capsys):
    def pip(python, what, *arguments):
        if bootstrap.CPU_INDEX in arguments:
            raise bootstrap.SetupError('unreachable')
        bootstrap.installed.append(arguments)

    monkeypatch.setattr(bootstrap, 'pip', pip)
    assert run(bootstrap, tmp_path / 'venv', monkeypatch) == 0
    assert 'torch==2.13.0' in bootstrap.installed[0]
    assert 'large' in capsys.readouterr().out


def add_package(folder: Path, name: str, version: str) -> None:
    info = folder / f'{name.replace("-", "_")}-{version}.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n')


def test_the_user_s_packages_are_found(tool, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'path', [str(tmp_path / 'bare')])
    assert tool.users_packages() == {}
    monkeypatch.setattr(sys, 'path', [str(tmp_path)])
    for name, version in [('torch', '2.4.1'), ('mmcv', '1.7.0'), ('mmdet', '3.3.0')]:
        add_package(tmp_path, name, version)
    assert tool.users_packages() == {'torch': tmp_path, 'mmdet': tmp_path}
    assert 'mmcv 1.7.0 is not used' in capsys.readouterr().out


def test_the_user_s_packages_are_not_installed_again(bootstrap, tmp_path, monkeypatch):
    user = {'torch': tmp_path, 'mmcv': tmp_path}
    monkeypatch.setattr(bootstrap, 'users_packages', lambda: user)
    run(bootstrap, tmp_path / 'venv', monkeypatch)
    everything = ' '.join(line for arguments in bootstrap.installed for line in arguments)
    assert 'torch==' not in everything and 'mmcv-lite' not in everything
    assert 'mmengine==0.10.7' in everything


def test_the_user_s_packages_can_be_imported(tool, tmp_path):
    (tmp_path / 'site').mkdir()
    (tmp_path / 'site/torch.py').write_text('mine = True')
    python = tool.make_venv(tmp_path / 'venv', {'torch': tmp_path / 'site'})
    code = 'import torch, pip, sys; print(torch.mine, pip.__file__.startswith(sys.prefix))'
    assert subprocess.check_output([str(python), '-c', code], text=True) == 'True True\n'
