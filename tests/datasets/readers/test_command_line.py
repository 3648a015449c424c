import os
import shlex

import cv2
import numpy as np
import pytest
from helpers.label_files import NAMES, WRITERS, draw_plates
from helpers.runs import train
from mmengine.config import Config
from mmengine.runner import Runner

from pfld_mm.datasets.readers.__main__ import main
from pfld_mm.engine.config_check import check_config


def test_data_set_config_sheet_and_report(tmp_path, capsys):
    plates = draw_plates(tmp_path / 'set', 12)
    path = WRITERS['coco'](plates)
    (plates.folder / 'images' / 'plate_5.png').unlink()
    out = tmp_path / 'mine'
    assert main([str(path), '--out', str(out)]) == 0
    assert capsys.readouterr().out.count('python tools/train.py') == 1
    parts = {part: sorted(p.name for p in (out / part).iterdir()) for part in ('train', 'test')}
    assert [len(parts[part]) for part in parts] == [20, 2]
    assert 'plate_5.pts' not in parts['train'] + parts['test']
    first = next(out.rglob('plate_0.pts')).read_text().splitlines()
    x, y = plates.points[0, 1]
    assert first[4] == f'{x:.3f} {y:.3f} 2' and first[7] == '-1 -1 0'
    report = (out / 'report.txt').read_text()
    for expected in (
        '10 objects to train, 1 to test',
        'marked 53, hidden 1 (half the weight), not marked 1 (not learnt)',
        'found from the names: top_left - top_right, bottom_right - bottom_left',
        'left out: 1\n  ' + f"{path}: annotations[5]: its image 'plate_5.png' is not below",
    ):
        assert expected in report
    sheet = cv2.imread(str(out / 'contact_sheet.jpg'))
    assert sheet.shape == (3 * 288, 4 * 288, 3)


def test_what_the_names_do_not_say_is_told_to_be_missing(tmp_path):
    plates = draw_plates(tmp_path / 'set', 5)
    out = tmp_path / 'mine'
    path = str(WRITERS['pts'](plates))
    assert main([path, '--out', str(out)]) == 0
    assert 'flip pairs MISSING' in (out / 'report.txt').read_text()
    assert 'RandomFlip=dict(prob=0.0)' in (out / 'config.py').read_text()
    told = tmp_path / 'told'
    assert main([path, '--out', str(told), '--flip-pairs', '0-1,2-3', '--one-based']) == 0
    text = (told / 'config.py').read_text()
    assert 'flip_pairs=[(0, 1), (2, 3)]' in text and 'RandomFlip' not in text
    row = next(told.rglob('plate_2.pts')).read_text().splitlines()[3].split()
    np.testing.assert_allclose(np.float64(row[:2]), plates.points[2, 0] - 1, atol=1e-3)


def test_several_objects_of_an_image(tmp_path):
    plates = draw_plates(tmp_path / 'set', 4)
    path = WRITERS['csv'](plates)
    rows = path.read_text(encoding='utf-16').splitlines()
    path.write_text('\n'.join([*rows, rows[3]]))
    out = tmp_path / 'mine'
    assert main([str(path), '--out', str(out)]) == 0
    assert len(list(out.rglob('plate_2*.pts'))) == 2 and len(list(out.rglob('plate_2*.png'))) == 1


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['--out', '{set}'], '--out: .* not empty; name a new folder'),
        (['--out', '{new}', '--test', '1.5'], '--test: expected a fraction'),
        (['--out', '{new}', '--flip-pairs', '0-0'], '--flip-pairs: expected pairs'),
        (['--out', '{new}', '--flip-pairs', '0-1,1-2'], '--flip-pairs: expected pairs'),
        (['--out', '{new}', '--names', 'a,b'], '--names: expected the points top_left'),
        (['--out', '{new}', '--base', 'no.py'], r'--base: no\.py does not exist'),
        (['--out', '{new}', '--base', '{set}/plates.csv'], r'--base: expected a config \(\.py\)'),
        (['--out', '{new}', '--images', 'no'], '--images: no is no folder'),
    ],
)
def test_wrong_arguments_are_one_sentence(tmp_path, capsys, words, message):
    plates = draw_plates(tmp_path / 'set', 4)
    path = WRITERS['csv'](plates)
    words = [word.format(set=plates.folder, new=tmp_path / 'new') for word in words]
    assert main([str(path), *words]) == 1
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    with pytest.raises(ValueError, match=message):
        raise ValueError(error)
    assert not (tmp_path / 'new').exists()


@pytest.mark.parametrize('name', WRITERS)
def test_the_config_is_complete(tmp_path, name):
    plates = draw_plates(tmp_path / 'set', 8)
    out = tmp_path / 'mine'
    assert main([str(WRITERS[name](plates)), '--out', str(out)]) == 0
    cfg = Config.fromfile(out / 'config.py')
    cfg.work_dir = str(tmp_path / 'work')
    check_config(cfg, ('train', 'val', 'test'))
    assert cfg.train_dataloader.dataset.data_root == str(out)
    assert cfg.model.head.num_keypoints == 5


def test_the_config_trains_and_tests(tmp_path):
    plates = draw_plates(tmp_path / 'set', 40)
    out = tmp_path / 'mine'
    assert main([str(WRITERS['coco'](plates)), '--out', str(out)]) == 0
    cfg = Config.fromfile(out / 'config.py')
    assert cfg.val_evaluator.keypoint_indices == (0, 1)
    assert tuple(cfg.train_dataloader.dataset.metainfo.names) == NAMES
    cfg.merge_from_dict(
        {
            'model.backbone.width_factor': 0.125,
            'model.backbone.num_conv_branches': 2,
            'model.head.in_channels': 64,
            'train_cfg.max_epochs': 1,
            'train_cfg.val_interval': 1,
            'param_scheduler.0.end': 2,
            'work_dir': str(tmp_path / 'work'),
            'visualizer.vis_backends': [dict(type='LocalVisBackend')],
        }
    )
    for split in ('train', 'val', 'test'):
        cfg[f'{split}_dataloader'].num_workers = 0
    check_config(cfg, ('train', 'val', 'test'))
    runner = train(cfg, 'plates')
    assert runner.epoch == 1 and np.isfinite(runner.message_hub.get_scalar('val/NME').current())
    cfg.load_from = str(next((tmp_path / 'work').glob('best_*.pth')))
    cfg.experiment_name = 'plates_test'
    metrics = Runner.from_cfg(cfg).test()
    assert metrics['faces'] == 4 and np.isfinite(metrics['NME'])


def test_images_are_read_as_training_reads_them(tmp_path):
    """A truncated image is left out; one that its EXIF turns has its points checked upright."""
    plates = draw_plates(tmp_path / 'set', 6)
    path = WRITERS['coco'](plates)
    first, second = (plates.folder / 'images' / f'plate_{i}.png' for i in (1, 2))
    first.write_bytes(first.read_bytes()[:-30])
    second.rename(second.with_suffix('.bin'))
    path.write_text(path.read_text().replace('plate_2.png', 'plate_2.bin'))
    out = tmp_path / 'mine'
    assert main([str(path), '--out', str(out)]) == 0
    report = (out / 'report.txt').read_text()
    assert 'left out: 1' in report and 'plate_1.png: the image is truncated' in report
    assert cv2.imread(str(next(out.rglob('plate_2.png')))) is not None


@pytest.mark.parametrize('ratio', ['0.95', '0.01'])
def test_some_images_are_left_for_training(tmp_path, ratio):
    path = WRITERS['coco'](draw_plates(tmp_path / 'set', 6))
    out = tmp_path / 'mine'
    assert main([str(path), '--out', str(out), '--test', ratio]) == 0
    train, test = (len(list((out / part).glob('*.png'))) for part in ('train', 'test'))
    assert (train, test) == ((3, 3) if ratio == '0.95' else (5, 1))


@pytest.mark.parametrize('name', ["Bob's faces", 'a\\b"', b'\xff'])
def test_any_name_of_the_data_set(tmp_path, capsys, name):
    path = WRITERS['csv'](draw_plates(tmp_path / 'set', 5))
    out = os.path.join(str(tmp_path), os.fsdecode(name))
    assert main([str(path), '--out', out]) == 0
    printed = capsys.readouterr().out.splitlines()[-1]
    if isinstance(name, str):
        assert shlex.split(printed)[-1] == os.path.join(out, 'config.py')
    printed.encode()
    cfg = Config.fromfile(os.path.join(out, 'config.py'))
    assert cfg.test_dataloader.dataset.data_root == out
    assert os.path.getsize(os.path.join(out, 'contact_sheet.jpg')) > 1000


def test_any_name_of_an_image(tmp_path):
    """Names that are no UTF-8 or almost too long are copied, one that is too long is left out."""
    plates = draw_plates(tmp_path / 'set', 6)
    path = WRITERS['dlib'](plates)
    images = plates.folder / 'images'
    long = 'x' * 250 + '.png'
    (images / 'plate_1.png').rename(images / long)
    text = path.read_text().replace('plate_1.png', long).replace('plate_2', 'y' * 4000)
    path.write_text(text)
    out = tmp_path / 'mine'
    assert main([str(path), '--out', str(out)]) == 0
    report = (out / 'report.txt').read_text()
    assert 'left out: 1\n' in report and all(len(line) < 500 for line in report.splitlines())
    assert len(list(out.rglob('x*.pts'))) == 1
    WRITERS['pts'](draw_plates(tmp_path / 'other', 5))
    for ending in ('png', 'pts'):
        old = tmp_path / 'other/images' / f'plate_1.{ending}'
        os.rename(old, os.fsencode(old.parent) + b'/\xff.' + ending.encode())
    (tmp_path / 'other/images/plate_2.png').rename(tmp_path / 'other/images/plate_2.PNg')
    os.truncate(os.fsencode(tmp_path) + b'/other/images/\xff.png', 900)
    assert main([str(tmp_path / 'other'), '--out', str(out / 'other')]) == 0
    assert '\\udcff.png: the image is truncated' in (out / 'other/report.txt').read_text()
    for number in (3, 4):
        for ending in ('png', 'pts'):
            old = tmp_path / 'other/images' / f'plate_{number}.{ending}'
            os.rename(old, os.fsencode(old.parent) + b'/\xfe%d.' % number + ending.encode())
    assert main([str(tmp_path / 'other'), '--out', str(out / 'third')]) == 0
    assert len(list((out / 'third').rglob('*.pts'))) == 4


@pytest.mark.parametrize('writer', ['coco', 'labelme'])
def test_a_name_that_cannot_be_written_stops_before_anything_is(tmp_path, capsys, writer):
    path = WRITERS[writer](draw_plates(tmp_path / 'set', 5))
    file = sorted(path.rglob('*.json'))[0] if path.is_dir() else path
    file.write_text(file.read_text().replace('top_left', 'top\\ud800'))
    assert main([str(path), '--out', str(tmp_path / 'new')]) == 1
    assert r"the name 'top\ud800' of a point is no Unicode; rename it" in capsys.readouterr().err
    assert not (tmp_path / 'new').exists()
