import json

import pytest

from pfld_mm.core.json_reader import (
    JsonReader,
    is_file_name,
    is_finite,
    is_int,
    is_list,
    is_text,
)

VALUES = dict(name='disc', size=[96, 128], crop=dict(rule='letterbox', deep=dict(padding=1.5)))


def reader(values=VALUES):
    return JsonReader(json.dumps(values), 'model.json', 'export again')


def test_dots_lead_into_objects():
    assert reader().get('name', is_text, 'a text') == 'disc'
    assert reader().get('crop.rule', is_text, 'a text') == 'letterbox'
    assert reader().get('crop.deep.padding', is_finite, 'a number') == 1.5


@pytest.mark.parametrize('key', ['crop.border', 'nothing', 'name.first', 'crop.deep.padding.x'])
def test_a_missing_key_is_named_or_has_its_default(key):
    with pytest.raises(
        ValueError,
        match=rf"^model\.json: key '{key}' is missing \(expected a number\); export again$",
    ):
        reader().get(key, is_int, 'a number')
    assert reader().get(key, is_int, 'a number', None) is None
    assert (
        reader().get(key, is_int, 'a number', 'default is not checked') == 'default is not checked'
    )


def test_a_wrong_value_is_named_even_where_there_is_a_default():
    with pytest.raises(
        ValueError,
        match=r"^model\.json: key 'size': expected a text, found \[96, 128\]; export again$",
    ):
        reader().get('size', is_text, 'a text', 'default')


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{"a": 1,}', r'^model\.json: not valid JSON \(.*\); export'),
        ('', r'^model\.json: not valid JSON'),
        ('[' * 100_000, r'^model\.json: not valid JSON'),
        ('[1]', r'^model\.json: expected a JSON object, found list'),
        ('null', r'^model\.json: expected a JSON object, found NoneType'),
    ],
    ids=['comma', 'empty', 'deep', 'list', 'null'],
)
def test_what_is_no_object_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        JsonReader(text, 'model.json', 'export again')


@pytest.mark.parametrize(
    ('check', 'right', 'wrong'),
    [
        (is_int, [0, -3, 10**12], [True, 1.0, '1', None]),
        (is_finite, [0, -3.5, 1e8], [True, float('nan'), float('inf'), 1e9, -1e10, '1', None]),
        (is_text, ['', 'a'], [1, None, ['a']]),
        (
            is_file_name,
            ['model.onnx', '..onnx', 'a b'],
            ['', '.', '..', 'a/b', '/b', 'a\\b', 'C:b', 5, None],
        ),
        (lambda value: is_list(value, is_int), [[], [1, 2]], [(1, 2), [1, 'a'], 'ab', {}, None]),
    ],
    ids=['is_int', 'is_finite', 'is_text', 'is_file_name', 'is_list'],
)
def test_checks(check, right, wrong):
    assert [check(value) for value in right] == [True] * len(right)
    assert [check(value) for value in wrong] == [False] * len(wrong)


def test_a_long_wrong_value_is_cut():
    with pytest.raises(ValueError, match='expected a text') as error:
        reader(dict(pairs=[[i, i + 1] for i in range(1000)])).get('pairs', is_text, 'a text')
    assert len(str(error.value)) < 200 and '(1000 items); export again' in str(error.value)
