import json
import shutil

import numpy as np
import onnx
import pytest

from pfld_mm.runtime.backends.open_session import open_session
from pfld_mm.runtime.model_folder import ModelFolder, digest


@pytest.fixture
def folder(face_model, tmp_path):
    return shutil.copytree(face_model, tmp_path / 'copy')


def test_folder_and_single_file_say_the_same(folder):
    whole, single = ModelFolder.read(folder), ModelFolder.read(str(folder / 'model.onnx'))
    assert whole.info == single.info
    for backend in ('onnxruntime', 'openvino_bf16'):
        assert whole.files(backend) == single.files(backend) == (folder / 'model.onnx',)
    assert whole.available() == ['onnxruntime', 'openvino_bf16']
    np.testing.assert_array_equal(whole.golden().output, single.golden().output)


def test_further_backends_are_found_by_their_names(folder):
    for name in ('model.xml', 'model.bin'):
        (folder / name).write_text('x')
    read = ModelFolder.read(folder)
    assert read.files('openvino') == (folder / 'model.xml', folder / 'model.bin')
    assert read.available() == ['onnxruntime', 'openvino', 'openvino_bf16']
    with pytest.raises(ValueError, match=r"unknown backend 'tensorrt'; there are .*'ncnn'"):
        read.files('tensorrt')


@pytest.mark.parametrize('name', ['model.onnx', 'model.json', 'golden.npz'])
def test_a_missing_part_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf'{name}.*missing'):
        read = ModelFolder.read(folder)
        open_session(read)
        read.golden()


def test_no_folder_at_all(tmp_path):
    with pytest.raises(FileNotFoundError, match='no such model folder'):
        ModelFolder.read(tmp_path / 'nowhere')


@pytest.mark.parametrize('data', [b'', b'\xff\xfe\x00', b'{', b'{"format": 1}'])
def test_a_damaged_json_is_named(folder, data):
    (folder / 'model.json').write_bytes(data)
    with pytest.raises(ValueError, match=r'model\.json'):
        ModelFolder.read(folder)


@pytest.mark.parametrize('keep', [0, 1, 100, -1])
def test_a_damaged_onnx_is_named(folder, keep):
    data = (folder / 'model.onnx').read_bytes()
    (folder / 'model.onnx').write_bytes(data[: keep * len(data) // 200 if keep > 1 else keep])
    with pytest.raises((ValueError, FileNotFoundError), match=r'model\.onnx'):
        open_session(ModelFolder.read(folder))
    with pytest.raises(ValueError, match=r'model\.onnx'):
        ModelFolder.read(folder / 'model.onnx')


def test_flipped_bytes_never_crash(folder):
    data = bytearray((folder / 'model.onnx').read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(40):
        broken = data.copy()
        for place in rng.integers(0, 3000, 8):
            broken[place] = int(rng.integers(0, 256))
        (folder / 'model.onnx').write_bytes(broken)
        try:
            session = open_session(ModelFolder.read(folder))
        except ValueError as error:
            assert 'model.onnx' in str(error)
        else:
            assert session.batch is None


@pytest.mark.parametrize('keep', [0, 10, 3000])
def test_a_damaged_golden_pair_is_named(folder, keep):
    data = (folder / 'golden.npz').read_bytes()
    (folder / 'golden.npz').write_bytes(data[:keep])
    with pytest.raises(ValueError, match=r'golden\.npz: damaged'):
        ModelFolder.read(folder).golden()


def test_a_golden_pair_that_would_run_code_is_refused(folder):
    np.savez(folder / 'golden.npz', image=np.array([print], object), input=1, output=1)
    with pytest.raises(ValueError, match=r'golden\.npz: damaged'):
        ModelFolder.read(folder).golden()


def test_an_onnx_without_metadata_is_refused(folder):
    model = onnx.load(str(folder / 'model.onnx'))
    del model.metadata_props[:]
    onnx.save(model, str(folder / 'model.onnx'))
    with pytest.raises(ValueError, match="have no 'pfld_mm'"):
        ModelFolder.read(folder / 'model.onnx')
    assert open_session(ModelFolder.read(folder)).batch is None


def test_a_folder_mixed_from_two_models_is_refused(folder):
    text = (folder / 'model.json').read_text()
    (folder / 'model.json').write_text(text.replace('"RGB"', '"BGR"'))
    with pytest.raises(ValueError, match=r"two models: 'color_order' is 'RGB' in the one, 'BGR'"):
        open_session(ModelFolder.read(folder))


def test_a_single_file_has_only_onnxruntime(folder):
    with pytest.raises(ValueError, match='openvino needs the whole folder'):
        ModelFolder.read(folder / 'model.onnx').files('openvino')


def test_a_file_that_was_changed_is_refused(folder):
    file = folder / 'model.json'
    info = json.loads(file.read_text())
    info['sha256'] = {'model.onnx': digest(folder / 'model.onnx')}
    file.write_text(json.dumps(info))
    open_session(ModelFolder.read(folder))
    with (folder / 'model.onnx').open('ab') as stream:
        stream.write(b'\0\0')
    with pytest.raises(ValueError, match=r'model\.onnx: changed since it was exported'):
        ModelFolder.read(folder).files('onnxruntime')
    assert ModelFolder.read(folder, verify=False).files('onnxruntime')


def test_a_folder_is_found_again_from_another_folder(face_model, tmp_path, monkeypatch):
    monkeypatch.chdir(face_model.parent)
    folder = ModelFolder.read(face_model.name)
    monkeypatch.chdir(tmp_path)
    assert folder.golden().image.shape == (112, 112, 3)
