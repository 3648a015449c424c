import cv2
import pytest

from pfld_mm.synth.puzzles.__main__ import main


def test_the_command_writes_images_a_sheet_and_the_rate(tmp_path, capsys):
    sheet = tmp_path / 'sheet.png'
    main([str(tmp_path / 'out'), '--count', '3', '--sheet', str(sheet)])
    printed = capsys.readouterr().out
    assert '/s)' in printed and 'labels.csv' in printed
    assert len(list((tmp_path / 'out').glob('*.jpg'))) == 3
    assert cv2.imread(str(sheet)) is not None
    with pytest.raises(SystemExit, match=r'error: .*nowhere'):
        main([str(tmp_path / 'o'), '--photos', str(tmp_path / 'nowhere')])
    with pytest.raises(SystemExit, match='cannot write'):
        main(['--count', '1', '--sheet', str(tmp_path / 'nowhere' / 'sheet.png')])
