import pytest
from benchmarks.slider.comparison import Answer, summarise
from benchmarks.slider.report import BEGIN, END, tables, write_between_marks


def test_the_tables_show_the_figures():
    good = summarise([Answer(i, (1, 1), (0.5, 0), False, True) for i in range(3)])
    lost = summarise(
        [Answer(0, (1, 1), (2.5, 0), None, None), Answer(1, None, (float('inf'),) * 2, None, None)]
    )
    figures = {'one': {'a': good, 'b': lost}, 'two': {'a': good, 'b': {}}}
    times = {'a': dict(median_ms=1.26), 'b': dict(median_ms=100)}
    lines = tables(figures, times, 'a heading').splitlines()
    assert lines[0] == 'a heading'
    assert '| method | one (3) | two (3) | ms an image |' in lines
    assert '| a | 100.0 / 100.0 | 100.0 / 100.0 | 1.3 |' in lines
    assert '| b | 0.0 / 50.0 | - | 100.0 |' in lines
    assert '| one | a | 100.0 | 100.0 | 100.0 | 100.0 | 100.0 | 100.0 | 0.5 | 0.0 | 0.0 |' in lines
    assert '| one | b | 0.0 | 0.0 | 50.0 | 50.0 | 50.0 | 50.0 | none | - | 50.0 |' in lines
    assert not any(line.startswith('| two | b') for line in lines)


def test_only_what_is_between_the_marks_is_replaced(tmp_path):
    path = tmp_path / 'docs' / 'a.md'
    write_between_marks(path, 'first')
    assert path.read_text() == f'{BEGIN}\nfirst\n{END}\n'
    path.write_text(f'before\n\n{path.read_text()}\nafter\n')
    write_between_marks(path, r'second \1')
    assert path.read_text() == f'before\n\n{BEGIN}\nsecond \\1\n{END}\n\nafter\n'


@pytest.mark.parametrize('text', ['my notes\n', f'{END} {BEGIN}', f'{BEGIN}\n'])
def test_a_file_without_the_marks_is_left_alone(tmp_path, text):
    path = tmp_path / 'a.md'
    path.write_text(text)
    with pytest.raises(ValueError, match=r'a\.md exists, but not with one pair of the lines'):
        write_between_marks(path, 'table')
    assert path.read_text() == text
