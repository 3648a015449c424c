import math
import os

import numpy as np
import pytest

from pfld_mm.core.text import read_text, short, to_number, to_numbers


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
    with pytest.raises(ValueError, match=r'a\.bin: expected text.* save (it|the file) as UTF-8'):
        read_text(tmp_path / 'a.bin')


def test_a_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match='expected a text file, found a folder'):
        read_text(tmp_path)


def test_values_are_cut_for_messages():
    assert short('abc') == "'abc'" and short(1.5) == '1.5'
    assert short('a' * 1000) == "'" + 'a' * 56 + '...'
    assert short(list(range(1000))).endswith('... (1000 items)')
    assert len(short(10**1000, 20)) == 20


@pytest.mark.parametrize(
    'value', ['a', b'b', 1, -2.5, None, True, (), [], {}, (1,), [1, 'b', (2, 3)], {'a': [1], 2: {}}]
)
def test_short_values_are_their_repr(value):
    assert short(value) == repr(value)


def test_values_of_any_size_are_cut_without_being_written():
    bomb = ['lol']
    for _ in range(60):  # 10**60 items
        bomb = [bomb] * 10
    deep = []
    for _ in range(100_000):
        deep = [deep]
    loop = []
    loop.append(loop)
    assert short(bomb).endswith('... (10 items)') and short({'a': bomb}).endswith('... (1 items)')
    assert short(deep) == short(loop) == '[' * 57 + '... (1 items)'
    assert short(10**5000) == 'a whole number of 16610 bits'


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / 'a.pts')
    (tmp_path / 'b.pts').symlink_to('/dev/zero')
    (tmp_path / 'c.pts').symlink_to('c.pts')
    for name in 'abc':
        with pytest.raises(ValueError, match=rf'{name}\.pts: expected a text file, found a pipe'):
            read_text(tmp_path / f'{name}.pts')
    (tmp_path / 'd.pts').symlink_to('e.pts')
    (tmp_path / 'e.pts').write_text('x')
    assert read_text(tmp_path / 'd.pts') == 'x'
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / 'f.pts')


def test_large_files_are_refused(tmp_path):
    (tmp_path / 'a.txt').write_text('1' * 2**20)
    assert len(read_text(tmp_path / 'a.txt', 2**20)) == 2**20
    with pytest.raises(ValueError, match=r'a\.txt: expected at most 0\.5 MiB of text, found more'):
        read_text(tmp_path / 'a.txt', 2**19)


@pytest.mark.parametrize('text', ['4_0', '٤٠', '1,5', '', '0x1F', 'one', '1 2', 'nan'])
def test_texts_that_are_no_number(text):
    assert math.isnan(to_number(text))


def test_texts_that_are_numbers():
    texts = ['4', ' -4.5', '+1e2', '.5', '1e999', '9' * 400]
    np.testing.assert_array_equal(to_numbers(texts), [4, -4.5, 100, 0.5, np.inf, np.inf])
