import json
from types import SimpleNamespace

import onnx
import pytest
from helpers.exported_models import face_info
from helpers.graphs import small_network
from helpers.runs import CONFIG
from mmengine.config import Config

import pfld_mm
from pfld_mm.core.face_markups import WFLW98
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.deploy.describe import codec_of, describe, embed, plain, versions
from pfld_mm.engine.config import load_config

NETWORK = SimpleNamespace(color_order='BGR', mean=[0.0] * 3, std=[1.0] * 3)


def test_a_face_model():
    cfg = load_config(str(CONFIG))
    output = dict(name='output', shape=['batch', 98, 2])
    info = describe(cfg, NETWORK, 'face', 'small', '0' * 64, output)
    assert (info.task, info.name, info.input_size) == ('face', 'small', (112, 112))
    assert (info.color_order, info.mean, info.std) == ('BGR', (0.0,) * 3, (1.0,) * 3)
    assert info.padding == cfg.test_dataloader.dataset.pipeline[1].padding == 1.2
    assert set(info.flip_pairs) == {tuple(sorted(pair)) for pair in WFLW98.flip_pairs}
    assert set(map(frozenset, info.skeleton)) == set(map(frozenset, WFLW98.skeleton))
    assert len(info.keypoint_names) == info.num_keypoints == 98
    assert info.codec == plain(cfg.codec) and info.files == {}
    assert ModelInfo.from_json(info.to_json(), 'x').to_dict() == info.to_dict()


def test_padding_of_mmpose_and_of_a_pipeline_without_a_box():
    cfg = load_config(str(CONFIG))
    steps = cfg.test_dataloader.dataset.pipeline
    (step,) = (step for step in steps if step['type'] == 'GetBBoxCenterScale')
    del step['padding']
    assert describe(cfg, NETWORK, 'face', 'a', '0' * 64, {}).padding == 1.25
    steps.remove(step)
    assert describe(cfg, NETWORK, 'face', 'a', '0' * 64, {}).padding == 1


def test_of_several_codecs_the_last_gives_the_output():
    first, last = dict(type='First'), dict(type='Last')
    assert codec_of(Config(dict(codec=first))) == first
    assert codec_of(Config(dict(codec=[first, last]))) == last


def test_the_metadata_replace_what_a_model_held():
    model = small_network()[0]
    info = ModelInfo.from_json(json.dumps(face_info()), 'x')
    for name in ('old', 'new'):
        embed(model, ModelInfo.from_json(json.dumps(face_info(name=name)), 'x'))
    (entry,) = model.metadata_props
    assert entry.key == 'pfld_mm' and json.loads(entry.value)['name'] == 'new'
    assert json.loads(entry.value) == {**info.to_dict(), 'name': 'new'}
    onnx.checker.check_model(model)


def test_versions():
    found = versions()
    assert found['pfld_mm'] == pfld_mm.__version__ and found['onnx'] == onnx.__version__
    assert set(found) == {'pfld_mm', 'torch', 'onnx', 'onnxruntime', 'mmpose', 'mmengine'}


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        (Config(dict(a=(1, dict(b=(2, 3)))))._cfg_dict, dict(a=[1, dict(b=[2, 3])])),
        ((1, 'a', None), [1, 'a', None]),
        (0.5, 0.5),
    ],
)
def test_plain(value, expected):
    found = plain(value)
    assert found == expected and type(found) is type(expected)
    assert json.loads(json.dumps(found)) == expected
