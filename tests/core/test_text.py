import pytest

from pfld_mm.core.text import read_text, short


@pytest.mark.parametrize(
    'encoding',
    ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-16-be', 'utf-32', 'latin-1'],
)
def test_the_same_text_in_any_encoding(tmp_path, encoding):
    text = '1.5 2.5\nMäuse.jpg\n'
    (tmp_path / 'a.txt').write_bytes(text.replace('\n', '\r\n').encode(encoding))
    assert read_text(tmp_path / 'a.txt') == text


@pytest.mark.parametrize('data', [b'\xff\xfe1', b'ab\0\0\0cd', b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR'])
def test_no_text_is_named(tmp_path, data):
    (tmp_path / 'a.bin').write_bytes(data)
    with pytest.raises(ValueError, match=r'a\.bin: expected text'):
        read_text(tmp_path / 'a.bin')


def test_a_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match='expected a text file, found a folder'):
        read_text(tmp_path)


def test_values_are_cut_for_messages():
    assert short('abc') == "'abc'" and short(1.5) == '1.5'
    assert short('a' * 1000) == "'" + 'a' * 56 + '...'
    assert short(list(range(1000))).endswith('... (1000 items)')
    assert len(short(10**1000, 20)) == 20
