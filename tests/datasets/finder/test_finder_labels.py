import numpy as np
import pytest

from pfld_mm.datasets.finder.finder_labels import read_finder_labels, read_lines

GOOD = 'a.jpg 1 2 30 40 0.9 -12 5 0 5 6 15 6 10 12 6 20 14 20\n'


def test_faces_are_grouped_by_image(finder_folder):
    first, second, third = read_finder_labels(finder_folder / 'faces.txt')
    assert [one.image for one in (first, second, third)] == ['0.png', '1.png', '2.png']
    np.testing.assert_allclose(first.boxes, [(10, 10, 30, 34), (40, 20, 48, 28)])
    assert first.ignore.tolist() == [False, True] and first.yaw.tolist() == [-30, -30]
    assert first.points.shape == (2, 5, 2) and first.attributes.shape == (2, 0)
    assert first.source.endswith('faces.txt:1') and third.source.endswith('faces.txt:4')


@pytest.mark.parametrize(
    ('bad', 'message'),
    [
        (GOOD.replace(' 20\n', '\n'), r':3: expected 19 fields .* found 18'),
        (GOOD.replace('0.9', 'sure'), ':3: expected finite numbers'),
        (GOOD.replace('0.9', '0_9'), ':3: expected finite numbers'),
        (GOOD.replace('0.9', 'nan'), ':3: expected finite numbers'),
        (GOOD.replace('40', '1e300'), ":3: expected finite numbers, .* found '1e300'"),
        (GOOD.replace(' 30 40 ', ' 1 40 '), ':3: expected x0 < x1'),
        (GOOD.replace(' 5 0 5 ', ' 5 2 5 '), ':3: expected ignore to be 0 or 1'),
    ],
)
def test_a_malformed_line_is_named(tmp_path, bad, message):
    path = tmp_path / 'list.txt'
    path.write_text(GOOD + '\n' + bad, encoding='utf-8')
    with pytest.raises(ValueError, match=message):
        read_finder_labels(path)


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'utf-16-le', 'latin-1'])
def test_lists_in_any_encoding(tmp_path, encoding):
    path = tmp_path / 'list.txt'
    path.write_bytes(GOOD.replace('a.jpg', 'gesicht\xe9.jpg').encode(encoding))
    assert read_finder_labels(path)[0].image == 'gesicht\xe9.jpg'


def test_a_binary_file_is_named(tmp_path):
    path = tmp_path / 'list.txt'
    path.write_bytes(b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR')
    with pytest.raises(ValueError, match=r'list\.txt: expected text'):
        read_lines(path, 19, 'fields')


def test_missing_and_empty_lists(tmp_path):
    with pytest.raises(FileNotFoundError, match='data_root'):
        read_finder_labels(tmp_path / 'none.txt')
    (tmp_path / 'empty.txt').write_text('\n\n', encoding='utf-8')
    with pytest.raises(ValueError, match='found none'):
        read_finder_labels(tmp_path / 'empty.txt')
