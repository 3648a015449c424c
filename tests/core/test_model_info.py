import json

import pytest
from helpers.exported_models import face_info, slider_info, two_stage_info
from hypothesis import given
from hypothesis import strategies as st

from pfld_mm.core.model_info import ModelInfo
from pfld_mm.core.slider.pair_verdict import PAIR_OUTPUTS


def parse(info):
    return ModelInfo.from_json(json.dumps(info), 'model.json')


def test_face():
    info = parse(face_info(98, (96, 128)))
    assert (info.task, info.num_keypoints, info.input_size) == ('face', 98, (96, 128))
    assert info.channels == 3 and info.padding == 1.2 and info.color_order == 'RGB'
    assert info.std == (255.0,) * 3 and (0, 32) in info.flip_pairs
    assert info.files == {'onnxruntime': ('model.onnx',)}
    expected = face_info(98, (96, 128))
    expected['crop']['border_value'] = 0
    assert info.to_dict() == {**expected, 'sha256': {}}


@pytest.mark.parametrize(
    'values',
    [
        face_info(98, (96, 128)),
        slider_info(),
        face_info(sha256={'model.onnx': 'ab'}),
        two_stage_info(),
    ],
    ids=['face', 'slider', 'digests', 'two stages'],
)
def test_what_is_written_is_read_again(values):
    info = parse(values)
    assert ModelInfo.from_json(info.to_json(), 'again') == info


def test_the_first_format_still_loads():
    old = {**face_info(), 'format': 1}
    assert parse(old).to_dict()['format'] == 2
    assert parse(old) == parse(face_info())


def test_slider():
    info = parse(slider_info())
    assert info.channels == 4 and info.border_value == 0 and info.keypoint_names == ('gap', 'piece')
    assert (
        parse(slider_info(crop=dict(rule='letterbox', padding=1, border_value=7))).border_value == 7
    )


@pytest.mark.parametrize(
    'key',
    [k for k in face_info() if k not in ('versions', 'output')] + ['crop.rule', 'crop.padding'],
)
def test_each_missing_key_is_named(key):
    info = face_info()
    holder = info
    for part in key.split('.')[:-1]:
        holder = holder[part]
    del holder[key.split('.')[-1]]
    name = 'crop.rule' if key == 'crop' else key
    with pytest.raises(ValueError, match=rf"model\.json: key '{name}' is missing"):
        parse(info)


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('format', 3),
        ('task', 'hand'),
        ('input_size', [112]),
        ('input_size', [112.0, 112]),
        ('input_size', [0, 112]),
        ('input_size', '112'),
        ('color_order', 'rgb'),
        ('mean', [0, 0]),
        ('mean', [0, 0, float('nan')]),
        ('std', [1, 1, 0]),
        ('num_keypoints', 0),
        ('num_keypoints', True),
        ('keypoint_names', ['a']),
        ('flip_pairs', [[0, 68]]),
        ('flip_pairs', [[-1, 3]]),
        ('skeleton', [[0, 1, 2]]),
        ('codec', {}),
        ('weights_sha256', None),
        ('files', []),
        ('files', {'onnxruntime': []}),
        ('files', {'onnxruntime': ['../model.onnx']}),
        ('files', {'onnxruntime': ['/etc/passwd']}),
        ('files', {'onnxruntime': ['C:model.onnx']}),
        ('cascade', 5),
        ('verifier', 'pair_verifier.onnx'),
    ],
)
def test_each_wrong_value_is_named(key, value):
    with pytest.raises(ValueError, match=rf"key '{key}': expected .*, found"):
        parse(face_info(**{key: value}))


VERIFIER = dict(file='pair_verifier.onnx', input=[6, 160, 160], outputs=list(PAIR_OUTPUTS))


def test_cascade_and_verifier():
    cascade = dict(square_size=160, max_pairs=3)
    info = parse(slider_info(cascade=cascade, verifier=VERIFIER))
    assert info.cascade == cascade and info.verifier == VERIFIER
    assert parse(slider_info()).verifier is None
    info = parse(face_info())
    assert info.cascade is None and info.verifier is None


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('file', '../pair_verifier.onnx'),
        ('file', None),
        ('input', [6, 96, 96]),
        ('outputs', list(PAIR_OUTPUTS[::-1])),
    ],
)
def test_a_wrong_verifier_is_named(key, value):
    with pytest.raises(ValueError, match=rf"key 'verifier\.{key}': expected .*, found"):
        parse(slider_info(cascade=dict(square_size=160), verifier={**VERIFIER, key: value}))


def test_a_wrong_cascade_is_named():
    with pytest.raises(ValueError, match=r'model\.json: cascade: unknown keys'):
        parse(slider_info(cascade=dict(most=3)))


@pytest.mark.parametrize(
    'crop', [dict(rule='letterbox', padding=1.2), dict(rule='square box', padding=0)]
)
def test_wrong_crop(crop):
    with pytest.raises(ValueError, match=r"key 'crop\."):
        parse(face_info(crop=crop))


@pytest.mark.parametrize('text', ['', '{', '[]', '3', 'null', '"x"'])
def test_no_json_object(text):
    with pytest.raises(ValueError, match=r'model\.json: '):
        ModelInfo.from_json(text, 'model.json')


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(key=st.sampled_from(list(face_info())), value=json_values)
def test_no_value_is_more_than_a_value_error(key, value):
    try:
        info = parse(face_info(**{key: value}))
    except ValueError as error:
        assert 'model.json' in str(error)
    else:
        assert info.channels == 3


@pytest.mark.parametrize(
    'change',
    [dict(codec=dict(type='x', stride=stride)) for stride in (0, 'x', [8], 65, None)]
    + [dict(output=dict(shape=shape)) for shape in (5, [], None, {}, [1.5, 2])],
)
def test_what_the_runtime_reads_of_codec_and_output_is_checked(change):
    with pytest.raises(ValueError, match=r"key '(codec\.stride|output\.shape)': expected"):
        parse(face_info(**change))
