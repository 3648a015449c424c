import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from pfld_mm.checkpoints.load import hash_weights, load_model
from pfld_mm.core.model_info import FORMAT
from pfld_mm.deploy import exporter, proof
from pfld_mm.deploy.make_exporter import make_exporter
from pfld_mm.deploy.proof import ProofFailed
from pfld_mm.deploy.proof_images import calibration_crops


def run(cfg, checkpoint, image_path, deploy, folder, measure=False, calibrate=True):
    small = make_exporter(deploy, cfg, checkpoint, folder, 'small')
    crops = calibration_crops(cfg, small.cropper, 8, None, None) if calibrate else None
    small.run([image_path], crops, measure)
    return folder


@pytest.fixture
def export(cfg, checkpoint, image_path, deploy_cfg, tmp_path):
    """Export the small model with options of the deploy config."""

    def run_with(name='onnxruntime_static', calibrate=True, **options):
        deploy = deploy_cfg(name)
        deploy.pfld_mm.update(options)
        return run(cfg, checkpoint, image_path, deploy, tmp_path, calibrate=calibrate)

    return run_with


@pytest.fixture(scope='module')
def exported(small_cfg, checkpoint, image_path, read_deploy_cfg, tmp_path_factory):
    """A folder with the float model, measured on the test set."""
    folder, deploy = tmp_path_factory.mktemp('out'), read_deploy_cfg('onnxruntime_static')
    return run(small_cfg, checkpoint, image_path, deploy, folder, measure=True)


def read(folder, name):
    return json.loads((folder / name).read_text())


def test_the_folder_is_complete(exported, checkpoint, cfg):
    folder = exported
    names = {path.name for path in folder.iterdir()}
    assert names == {'model.onnx', 'model.json', 'golden.npz', 'report.json'}
    info = read(folder, 'model.json')
    assert info['format'] == FORMAT == 2
    assert (info['task'], info['name'], info['input_size']) == ('face', 'small', [112, 112])
    assert (info['color_order'], info['mean'], info['std']) == ('BGR', [0] * 3, [1] * 3)
    assert info['crop'] == {'rule': 'square box', 'padding': 1.2, 'border_value': 0}
    assert info['num_keypoints'] == len(info['keypoint_names']) == 98
    assert [0, 32] in info['flip_pairs']
    assert [0, 1] in info['skeleton']
    assert info['codec'] == {'type': 'RegressionLabel', 'input_size': [112, 112]}
    assert info['output']['shape'] == ['batch', 98, 2]
    assert info['weights_sha256'] == hash_weights(load_model(cfg, checkpoint))
    assert {'pfld_mm', 'torch', 'onnx'} <= set(info['versions'])
    assert info['files'] == {'onnxruntime': ['model.onnx']}
    model = onnx.load(folder / 'model.onnx')
    inside = json.loads({p.key: p.value for p in model.metadata_props}['pfld_mm'])
    assert inside == {**info, 'sha256': {}}
    assert set(info['sha256']) == {'model.onnx', 'golden.npz'}
    dims = model.graph.output[0].type.tensor_type.shape.dim
    assert [dim.dim_value for dim in dims] == [1, 98, 2]


def test_the_golden_pair_is_the_models_answer(exported, cfg, checkpoint):
    folder = exported
    golden = np.load(folder / 'golden.npz')
    assert golden['image'].shape == (112, 112, 3)
    assert golden['image'].dtype == np.uint8
    np.testing.assert_array_equal(golden['input'][0], golden['image'].transpose(2, 0, 1))
    session = onnxruntime.InferenceSession(str(folder / 'model.onnx'))
    output = session.run(None, {'input': golden['input']})[0]
    np.testing.assert_allclose(output, golden['output'], atol=1e-6)
    crop = torch.from_numpy(golden['image'].transpose(2, 0, 1).copy())
    with torch.no_grad():
        trained = proof.trained_output(load_model(cfg, checkpoint), crop)
    np.testing.assert_allclose(output, trained, atol=1e-5)


def test_the_report_holds_the_differences(exported):
    report = read(exported, 'report.json')
    assert set(report['backends']) == {'pytorch float32', 'pytorch deployed', 'onnxruntime'}
    for form in report['backends'].values():
        assert set(form['differences']) == {'given', 'drawn', 'noise'}
        assert form['bounds'] == {'given': 1e-3, 'drawn': 1e-3, 'noise': 1e-2}
        for kind, found in form['differences'].items():
            assert 0 <= found['mean'] <= found['max'] <= form['bounds'][kind]


def test_a_bound_that_is_passed_stops_the_export_and_is_reported(export, tmp_path, monkeypatch):
    # without float32's own rounding, which is always allowed
    monkeypatch.setattr('pfld_mm.deploy.proof.MAX_ROUNDINGS', 0)
    with pytest.raises(ProofFailed, match=r'onnxruntime: .*given.*allowed are 1e-12'):
        export(max_error_px=1e-12)
    assert read(tmp_path, 'report.json')['backends']['onnxruntime']['bounds']['given'] == 1e-12
    assert not (tmp_path / 'model.json').exists()


def test_a_model_that_was_not_in_eval_mode_is_noticed(export, monkeypatch):
    monkeypatch.setattr(exporter, 'load_model', lambda *args: load_model(*args).train())
    with pytest.raises((ProofFailed, ValueError), match=r'pytorch|eval'):
        export()


def test_the_test_set_is_measured(exported):
    figures = read(exported, 'report.json')['evaluation']
    assert figures['pytorch']['faces'] == 11
    assert figures['onnxruntime']['NME'] == pytest.approx(figures['pytorch']['NME'], rel=1e-4)


def test_int8_is_per_channel_and_keeps_the_last_layer_and_the_other_forms(export):
    int8 = dict(images=8, max_error_px=60.0, max_nme_loss=0.5)
    folder = export('onnxruntime_int8', int8=int8)
    info, report = read(folder, 'model.json'), read(folder, 'report.json')
    assert info['files']['onnxruntime_int8'] == ['model.int8.onnx']
    assert report['backends']['onnxruntime_int8']['differences']['given']['max'] > 1e-3
    assert 'NME_change' in report['evaluation']['onnxruntime_int8']
    graph = onnx.load(folder / 'model.int8.onnx').graph
    producers = {node.output[0]: node for node in graph.node}
    convs = [node for node in graph.node if node.op_type == 'Conv']
    assert [c.name for c in convs if c.input[1] not in producers] == [convs[-1].name]
    assert producers[convs[-1].input[0]].op_type == 'Concat'
    scales = {w.name: w.dims for w in graph.initializer}
    assert scales[producers[convs[0].input[1]].input[1]][0] > 1  # per channel

    export('onnxruntime_static')
    assert set(read(folder, 'model.json')['files']) == {'onnxruntime', 'onnxruntime_int8'}
    assert 'onnxruntime_int8' in read(folder, 'report.json')['backends']
    (folder / 'model.json').write_text(json.dumps({**info, 'weights_sha256': '0' * 64}))
    assert set(read(export(), 'model.json')['files']) == {'onnxruntime'}


@pytest.mark.parametrize(
    ('bounds', 'sentence'),
    [
        (dict(max_error_px=1e-6, max_nme_loss=0.5), 'onnxruntime_int8'),
        (dict(max_error_px=60.0, max_nme_loss=-0.9), r'NME of .* worse'),
    ],
)
def test_int8_that_costs_too_much_stops(export, bounds, sentence):
    with pytest.raises(ProofFailed, match=sentence):
        export('onnxruntime_int8', int8=dict(images=8, **bounds))


def test_int8_says_so_where_its_cost_cannot_be_measured(export, cfg, tmp_path):
    cfg.test_dataloader.dataset.data_root = 'no/such/folder'
    folder = export('onnxruntime_int8', int8=dict(images=8, max_error_px=60.0))
    assert read(folder, 'report.json')['evaluation'].startswith('NOT MEASURED')


def test_int8_without_calibration_is_refused(export):
    with pytest.raises(ValueError, match='--calib'):
        export('onnxruntime_int8', calibrate=False)


def test_a_missing_runtime_is_named(export):
    try:
        import openvino  # noqa: F401
    except ImportError:
        with pytest.raises(ModuleNotFoundError, match='pip install openvino'):
            export('openvino')


def test_tensorrt_is_asked_for_where_there_is_none(export):
    try:
        import tensorrt  # noqa: F401
    except ImportError:
        with pytest.raises(ModuleNotFoundError, match='TensorRT is not installed'):
            export('tensorrt_fp16')


def test_an_unknown_runtime_is_refused(cfg, checkpoint, deploy_cfg, tmp_path):
    deploy = deploy_cfg('onnxruntime_static')
    deploy.backend_config.type = 'abacus'
    with pytest.raises(ValueError, match="'abacus'"):
        make_exporter(deploy, cfg, checkpoint, tmp_path, 'small')
