import pytest
from hypothesis import given
from hypothesis import strategies as st

from pfld_mm.datasets.slider.slider_labels import read_slider_labels

HEADER = 'image,gap_x,gap_y,piece_x,piece_y,angle_deg,decoys\n'


@pytest.fixture
def write(tmp_path):
    def inner(text):
        path = tmp_path / 'labels.csv'
        path.write_text(text)
        return path

    return inner


def test_a_full_line(write):
    (label,) = read_slider_labels(write(HEADER + 'a.png,10.5,20,3,4.25,-1.5,1 2;3.5 4\n'))
    assert (label.image, label.line) == ('a.png', 2)
    assert (label.gap, label.piece, label.angle_deg) == ((10.5, 20), (3, 4.25), -1.5)
    assert label.decoys == [(1, 2), (3.5, 4)]


def test_empty_cells_blank_lines_and_byte_order_mark(write):
    labels = read_slider_labels(write('\ufeff' + HEADER + '\na.png,,,,,,\nb.png,1,2,,,,\n'))
    assert [label.line for label in labels] == [3, 4]
    assert labels[0].gap is labels[0].piece is labels[0].angle_deg is None
    assert labels[0].decoys == [] and labels[1].gap == (1, 2)


def test_other_names_and_other_columns(write):
    text = 'image,gap_center_x,gap_center_y,gap_box_w\na.jpg,466.50,74.00,105.0\n'
    (label,) = read_slider_labels(write(text))
    assert label.gap == (466.5, 74) and label.piece is None
    assert label.gap_size is None, 'half a size is no size'


@pytest.mark.parametrize('names', ['gap_w,gap_h', 'gap_box_w,gap_box_h'])
def test_the_size_of_the_gap(write, names):
    labels = read_slider_labels(write(f'image,{names}\na.jpg,105.5,104\nb.jpg,,\n'))
    assert [label.gap_size for label in labels] == [(105.5, 104), None]
    with pytest.raises(ValueError, match=r'line 2: gap_w and gap_h go together'):
        read_slider_labels(write(f'image,{names}\na.jpg,105,\n'))


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', r'line 1: expected a column `image`, found \[\]'),
        ('gap_x,gap_y\n1,2\n', r'line 1: expected a column `image`'),
        ('image,gap_x,gap_center_x\n', r'line 1: a column is there twice'),
        (HEADER + 'a.png,1,2\n', r'line 2: expected 7 cells .* found 3'),
        (HEADER + ',1,2,,,,\n', r'line 2: column `image` is empty'),
        (HEADER + 'a.png,1,2,,,,\nb.png,one,2,,,,\n', r"line 3: column gap_x: .* found 'one'"),
        (HEADER + 'a.png,1,nan,,,,\n', r"line 2: column gap_y: .* found 'nan'"),
        (HEADER + 'a.png,1,,,,,\n', r"line 2: gap_x and gap_y go together, found '1' and ''"),
        (HEADER + 'a.png,1,2,,,inf,\n', r'line 2: column angle_deg'),
        (
            HEADER + 'a.png,1,2,,,,1 2 3\n',
            r"line 2: column decoys: expected `x y;x y`, found '1 2 3'",
        ),
        (HEADER + 'a.png,1,2,,,,1 x\n', r"line 2: column decoys: expected a number, found 'x'"),
    ],
)
def test_malformed_files_name_the_place(write, text, message):
    with pytest.raises(ValueError, match=r'labels\.csv, ' + message):
        read_slider_labels(write(text))


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='no such label file'):
        read_slider_labels(tmp_path / 'labels.csv')


@given(st.text(alphabet='a,;. 1\n-"e', max_size=60))
def test_rubbish_is_read_or_refused_by_name(tmp_path_factory, text):
    path = tmp_path_factory.mktemp('fuzz') / 'labels.csv'
    path.write_text('image,gap_x,gap_y,decoys\n' + text)
    try:
        labels = read_slider_labels(path)
    except ValueError as error:
        assert 'labels.csv, line' in str(error)
    else:
        assert all(label.image for label in labels)


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'utf-16-le', 'gbk', 'latin-1'])
def test_slider_labels_in_any_encoding(tmp_path, encoding):
    path = tmp_path / 'labels.csv'
    path.write_bytes('image,gap_x,gap_y\nb\xe9.png,1,2\n'.encode(encoding, 'replace'))
    assert read_slider_labels(path)[0].gap == (1.0, 2.0)


@pytest.mark.parametrize('cell', ['1e300', '-1e7', 'nan', 'inf', '1_0', '٤', 'a' * 200_000])
def test_slider_labels_that_are_no_coordinates(tmp_path, cell):
    path = tmp_path / 'labels.csv'
    path.write_text(f'image,gap_x,gap_y\na.png,{cell},2\n')
    with pytest.raises(ValueError, match=r'labels\.csv, line 2'):
        read_slider_labels(path)
