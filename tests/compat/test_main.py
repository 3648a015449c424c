"""Running scripts: tests/mmpose_doors/test_import_order.py and test_tools.py."""

import mmpose
import pytest

from pfld_mm.compat.__main__ import find_script


def test_a_file_comes_before_mmpose_s_tools(tmp_path, monkeypatch):
    name = 'misc/browse_dataset.py'
    monkeypatch.chdir(tmp_path)
    assert str(find_script(name)).startswith(mmpose.__path__[0])
    (tmp_path / 'misc').mkdir()
    (tmp_path / name).write_text('')
    assert find_script(name).resolve() == (tmp_path / name).resolve()


def test_no_such_script():
    with pytest.raises(FileNotFoundError, match=r'no script no_such\.py: neither .* nor '):
        find_script('no_such.py')
