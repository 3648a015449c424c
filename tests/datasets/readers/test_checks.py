import json

import pytest

from pfld_mm.datasets.readers.checks import (
    load_json,
    numbers,
    point_names,
    stated_size,
    whole_numbers,
)


@pytest.mark.parametrize('text', ['{"a": ' + '1' * 5000 + '}', '[' * 100_000, '{"a": }', ''])
def test_what_is_no_json_is_named(tmp_path, text):
    (tmp_path / 'a.json').write_text(text)
    with pytest.raises(
        ValueError, match=r'a\.json: expected JSON, but .*; export the labels again'
    ):
        load_json(tmp_path / 'a.json')


@pytest.mark.parametrize(
    'value', [10**400, -(10**400), '4_0', '٤', '', 'inf', None, True, [1], {}, 1e7, float('nan')]
)
def test_what_is_no_number_is_named(value):
    with pytest.raises(ValueError, match='a: expected 2 finite numbers, at most'):
        numbers([1, value], 2, 'a')


@pytest.mark.parametrize('values', [None, '12', {1: 2, 3: 4}, 12, [1], [1, 2, 3]])
def test_what_is_no_list_of_numbers_is_named(values):
    with pytest.raises(ValueError, match='a: expected 2 finite numbers'):
        numbers(values, 2, 'a')


def test_numbers_and_whole_numbers():
    assert numbers(['1', 2, 2.5], None, 'a') == [1, 2, 2.5]
    assert whole_numbers(['1', 2.0], 2, 'a') == [1, 2]
    with pytest.raises(ValueError, match=r'a: expected whole numbers, found \[1, 2\.5\]'):
        whole_numbers([1, 2.5], 2, 'a')


def test_names_of_points():
    assert point_names(['a', 1], 'a') == ('a', '1')
    for values in ('ab', None, ['a', None], ['a', ['b']], [True]):
        with pytest.raises(ValueError, match='a: expected a list of names, found'):
            point_names(values, 'a')


def test_stated_sizes():
    size = stated_size(json.loads('{"width": "640", "height": null}'), ('width', 'height'), 'a')
    assert size == (640, None)
    assert stated_size({'width': 0}, ('width', 'height'), 'a') == (None, None)
    with pytest.raises(ValueError, match='a, height: expected 1 finite numbers'):
        stated_size({'height': 'tall'}, ('width', 'height'), 'a')
