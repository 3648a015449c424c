import pytest
from mmengine.config import Config

from pfld_mm.deploy.backends.conversion import Conversion


@pytest.mark.parametrize(
    ('name', 'expected', 'form'),
    [
        ('onnxruntime_static', Conversion('onnxruntime'), 'onnxruntime'),
        ('onnxruntime_dynamic', Conversion('onnxruntime'), 'onnxruntime'),
        ('onnxruntime_split', Conversion('onnxruntime'), 'onnxruntime'),
        ('onnxruntime_int8', Conversion('onnxruntime', int8=True), 'onnxruntime_int8'),
        ('openvino', Conversion('openvino'), 'openvino'),
        ('ncnn_fp32', Conversion('ncnn'), 'ncnn'),
        ('ncnn_fp16', Conversion('ncnn', half=True), 'ncnn_fp16'),
        ('tensorrt_fp32', Conversion('tensorrt'), 'tensorrt'),
        ('tensorrt_fp16', Conversion('tensorrt', half=True), 'tensorrt_fp16'),
        ('tensorrt_int8', Conversion('tensorrt', half=True, int8=True), 'tensorrt_int8'),
    ],
)
def test_every_deploy_config(read_deploy_cfg, name, expected, form):
    found = Conversion.from_config(read_deploy_cfg(name))
    assert found == expected and found.form == form


def test_tensorrt_has_its_numbers_of_images_and_its_memory():
    shapes = dict(min_shape=[2, 3, 8, 8], opt_shape=[4, 3, 8, 8], max_shape=[16, 3, 8, 8])
    backend = dict(
        type='tensorrt',
        common_config=dict(fp16_mode=False, max_workspace_size=12345),
        model_inputs=[dict(input_shapes=dict(input=shapes))],
    )
    found = Conversion.from_config(Config(dict(backend_config=backend)))
    assert (found.batches, found.workspace) == ((2, 4, 16), 12345)


def test_without_a_backend_there_is_none():
    assert Conversion.from_config(Config()).runtime is None
