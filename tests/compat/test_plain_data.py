import io
import logging
import pathlib
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mmengine.logging import HistoryBuffer

from pfld_mm import compat  # noqa: F401
from pfld_mm.compat.plain_data import from_plain, to_plain

atoms = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
numeric = hnp.integer_dtypes(endianness='=') | hnp.floating_dtypes(endianness='=', sizes=(32, 64))
arrays = hnp.arrays(
    st.one_of(numeric, hnp.unsigned_integer_dtypes(endianness='='), st.just(np.dtype(bool))),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
data = st.recursive(
    atoms | arrays,
    lambda children: (
        st.lists(children, max_size=4)
        | st.lists(children, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(), children, max_size=4)
    ),
    max_leaves=12,
)


def through_a_file(value):
    file = io.BytesIO()
    torch.save(to_plain(value), file)
    file.seek(0)
    return from_plain(torch.load(file, weights_only=True))


def assert_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for pair in zip(found, expected, strict=True):
            assert_same(*pair)
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    else:
        assert found == expected


@settings(max_examples=60, deadline=None)
@given(data)
def test_round_trip_is_lossless(value):
    assert_same(through_a_file(value), value)


def test_text_arrays_and_ordered_dicts_come_back():
    value = OrderedDict(names=np.array(['left', 'eye']), empty={}, pair=(1, [2.0]))
    assert_same(through_a_file(value), value)


def test_numpy_scalars_paths_and_subclasses_become_python_values():
    class Level(int):
        pass

    value = [np.float32(0.5), np.int64(3), np.bool_(True), pathlib.PurePosixPath('a/b'), Level(2)]
    assert_same(through_a_file(value), [0.5, 3, True, 'a/b', 2])


def test_history_buffers_come_back_and_go_on():
    buffer = HistoryBuffer([1.0, 2.0, 4.0], [1, 1, 2], max_length=4)
    again = through_a_file({'loss': buffer})['loss']
    for history in (buffer, again):
        history.update(8.0, 2)
        history.update(16.0, 1)
    for found, expected in zip(again.data, buffer.data, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert len(again.data[0]) == again.max_length == 4
    assert again.statistics('mean', 2) == buffer.statistics('mean', 2)


@pytest.mark.parametrize('value', [print, object(), np.array([object()])])
def test_what_is_not_plain_is_left_out_by_name(value, caplog):
    with caplog.at_level(logging.WARNING):
        plain = to_plain({'keep': 1, 'drop': [value]}, "checkpoint['meta']")
    assert plain == {'keep': 1, 'drop': []}
    assert "checkpoint['meta']['drop'][0]" in caplog.text
    assert type(value).__name__ in caplog.text
