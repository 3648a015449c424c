import json
import time

import numpy as np
import onnx
import pytest
from helpers.exported_models import face_info
from helpers.lively import build_lively

from pfld_mm.deploy.benchmark import benchmark, find_forms, measure
from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp('exported')
    model = build_lively('pfld', 5, (32, 32), width_factor=0.125)
    network = DeployedNetwork(model, (32, 32))
    for name, dynamic in (('model', True), ('static', False)):
        onnx.save(export_onnx(network, (3, 32, 32), dynamic), path / f'{name}.onnx')
    files = dict(onnxruntime=['model.onnx'], onnxruntime_static=['static.onnx'])
    info = face_info(5, (32, 32), files=files)
    (path / 'model.json').write_text(json.dumps(info))
    return path


def test_pairs_show_which_is_slower_whatever_else_the_machine_does():
    def sleep(seconds):
        return lambda x: time.sleep(seconds)

    found = measure(dict(one=sleep(0.002), two=sleep(0.006)), np.zeros(1), rounds=9)
    assert found['one']['speedup'] == 1
    assert 0.2 < found['two']['speedup'] < 0.6
    assert found['two']['p10_ms'] <= found['two']['median_ms'] <= found['two']['p90_ms']
    assert found['two']['cpu_ms'] < found['two']['median_ms']


def test_every_form_is_measured_as_far_as_it_can(folder):
    rows = benchmark(find_forms(folder), threads=(1,), rounds=2)
    measured = {(row['form'], row['batch']) for row in rows}
    assert measured == {('onnxruntime', 1), ('onnxruntime_static', 1), ('onnxruntime', 8)}


def test_a_form_knows_its_size(folder):
    form = find_forms(folder / 'model.onnx')[0]
    size = form.size()
    assert size['bytes'] == (folder / 'model.onnx').stat().st_size
    assert size['nodes'] == 87
    assert size['macs'] > size['parameters'] > 1000


def test_a_missing_part_is_named(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'model\.json: missing'):
        find_forms(tmp_path)
    info = face_info(files={'openvino': ['model.xml', 'model.bin']})
    (tmp_path / 'model.json').write_text(json.dumps(info))
    with pytest.raises(FileNotFoundError, match=r"model\.xml: missing.*'openvino'"):
        find_forms(tmp_path)


def test_a_damaged_model_is_named(folder, tmp_path):
    text = (folder / 'model.onnx').read_bytes()
    (tmp_path / 'cut.onnx').write_bytes(text[: len(text) // 2])
    (tmp_path / 'empty.onnx').write_bytes(b'')
    for name in ('cut.onnx', 'empty.onnx'):
        with pytest.raises(ValueError, match=name):
            find_forms(tmp_path / name)
