import pytest

from pfld_mm.datasets.readers.csv_table import read_csv_table


def read(tmp_path, rows, images=('0.png',)):
    for name in images:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b'')
    (tmp_path / 't.csv').write_text('image_name,a_x,a_y\n' + rows, encoding='utf-8')
    return read_csv_table(tmp_path / 't.csv', tmp_path)


@pytest.mark.parametrize('cell', ['4_0', '٤٠', '9' * 400, '"1,5"'])
def test_malformed_numbers_are_named(tmp_path, cell):
    with pytest.raises(ValueError, match=r't\.csv:3: expected 2 finite numbers'):
        read(tmp_path, f'0.png,1,2\n0.png,{cell},2\n')


@pytest.mark.parametrize('break_', ['\x85', '\u2028', '\f'])
def test_only_line_ends_divide_rows(tmp_path, break_):
    name = f'a{break_}b.png'
    labels = read(tmp_path, f'{name},1,2\n', [name])
    assert labels.objects[0].image.name == name


def test_rows_of_another_folder_are_left_out(tmp_path):
    labels = read(tmp_path, 'a/0.png,1,2\nb/0.png,3,4\n', ['b/0.png'])
    assert [item.points.tolist() for item in labels.objects] == [[[3, 4]]]
    assert "t.csv:2: its image 'a/0.png' is not below" in labels.left_out[0]
