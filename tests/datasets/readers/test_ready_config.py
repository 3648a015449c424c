from pathlib import Path

import pytest
from mmengine.config import Config

from pfld_mm.datasets.readers.label_set import LabelSet
from pfld_mm.datasets.readers.ready_config import ReadyConfig

BASE = "train_pipeline = [dict(type='GenerateFaceLabels')]\n"


@pytest.mark.parametrize(
    'folder',
    ['mine', "Bob's faces", 'a\nb', 'a"b\'', 'a\\b', 'é', '{{ fileBasename }}', 'a {{$HOME:b}}'],
)
def test_any_name_of_the_folder_and_of_points(tmp_path, folder):
    (tmp_path / 'base.py').write_text(BASE)
    out = tmp_path / folder
    out.mkdir()
    names = ("it's", 'a"\n\\', '{{ fileDirname }}', '{{ _base_.train_pipeline }}')
    lines = {"line '": (0, 1)}
    config = ReadyConfig(folder, tmp_path / 'base.py', ((0, 1),), (0, 1), 40)
    config.write(out / 'config.py', LabelSet('CSV', names, (), lines=lines))
    cfg = Config.fromfile(out / 'config.py')
    assert cfg.data_root == str(out) and cfg.work_dir == f'work_dirs/{folder}'
    assert tuple(cfg.metainfo.names) == names and cfg.metainfo.dataset_name == folder
    assert list(cfg.metainfo.lines) == list(lines)


def test_a_plain_folder_can_be_moved(tmp_path):
    config = ReadyConfig('a', Path('/x.py'), None, None, 4)  # a base in the root folder
    config.write(tmp_path / 'config.py', LabelSet('CSV', ('a',), ()))
    text = (tmp_path / 'config.py').read_text()
    assert "data_root = '{{ fileDirname }}'" in text and 'x.py' in text
