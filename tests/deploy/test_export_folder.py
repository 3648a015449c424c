import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.exported_models import face_info

from pfld_mm.core.model_info import ModelInfo
from pfld_mm.deploy.export_folder import ExportFolder
from pfld_mm.runtime.model_folder import digest

INFO = replace(
    ModelInfo.from_json(json.dumps(face_info()), 'model.json'),
    files={'onnxruntime': ('model.onnx',)},
)
BARE = replace(INFO, files={})


def export(target, form='onnxruntime', file='model.onnx', info=BARE, data=b'a model'):
    """One whole export of one file; returns what was kept of an earlier one."""
    folder = ExportFolder(target)
    info, kept = folder.begin(info)
    (folder.path / file).write_bytes(data)
    folder.write_info(replace(info, files={**info.files, form: (file,)}))
    folder.finish(dict(backends={**kept, form: dict(bytes=len(data))}))
    return info, kept


def read(target, name='model.json'):
    return json.loads((target / name).read_text(encoding='utf-8'))


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_folder_is_complete_when_it_appears(tmp_path):
    target = tmp_path / 'deep' / 'out'
    folder = ExportFolder(target)
    folder.begin(BARE)
    (folder.path / 'model.onnx').write_bytes(b'a model')
    assert not target.exists()
    folder.write_info(INFO)
    folder.finish(dict(backends={}))
    assert names(target) == {'model.onnx', 'model.json', 'report.json'}
    assert names(target.parent) == {'out'}  # the place beside it is cleared
    assert read(target)['sha256'] == {'model.onnx': digest(target / 'model.onnx')}


def test_files_of_other_runtimes_stay(tmp_path):
    export(tmp_path / 'out', 'openvino', 'model.xml', data=b'xml')
    info, kept = export(tmp_path / 'out')
    assert info.files == {'openvino': ('model.xml',)} and kept == {'openvino': dict(bytes=3)}
    assert set(read(tmp_path / 'out')['files']) == {'openvino', 'onnxruntime'}
    assert set(read(tmp_path / 'out', 'report.json')['backends']) == {'openvino', 'onnxruntime'}
    assert (tmp_path / 'out' / 'model.xml').read_bytes() == b'xml'


@pytest.mark.parametrize(
    'change',
    [
        dict(weights_sha256='1' * 64),
        dict(color_order='BGR'),
        dict(mean=(1.0, 1.0, 1.0)),
        dict(std=(1.0, 1.0, 1.0)),
        dict(input_size=(96, 96)),
    ],
    ids=lambda change: next(iter(change)),
)
def test_files_of_another_model_do_not(tmp_path, change):
    export(tmp_path / 'out', 'openvino', 'model.xml')
    info, kept = export(tmp_path / 'out', info=replace(BARE, **change))
    assert info.files == {} and kept == {}
    assert set(read(tmp_path / 'out')['files']) == {'onnxruntime'}


@pytest.mark.parametrize('damage', ['no file', 'no report', 'broken metadata'])
def test_what_is_damaged_is_not_kept(tmp_path, damage):
    target = tmp_path / 'out'
    export(target, 'openvino', 'model.xml')
    if damage == 'broken metadata':
        (target / 'model.json').write_text('{')
    else:
        (target / ('model.xml' if damage == 'no file' else 'report.json')).unlink()
    _, kept = export(target)
    assert kept == {}
    assert set(read(target)['files']) == {'onnxruntime'}


def test_an_export_that_fails_leaves_its_report_alone(tmp_path):
    target = tmp_path / 'out'
    export(target)
    before = read(target)
    folder = ExportFolder(target)
    folder.begin(BARE)
    (folder.path / 'model.onnx').write_bytes(b'a bad model')
    folder.finish(dict(backends={}, failed=True))
    assert read(target) == before and (target / 'model.onnx').read_bytes() == b'a model'
    assert read(target, 'report.json')['failed']
    assert names(tmp_path) == {'out'}


def test_rests_of_an_export_that_was_killed_are_cleared(tmp_path):
    folder = ExportFolder(tmp_path / 'out')
    folder.path.mkdir()
    np.save(folder.path / 'rest.npy', np.zeros(3))
    folder.begin(BARE)
    assert names(folder.path) == set()
