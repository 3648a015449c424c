"""Other programs ask ONNX files for the shapes of what goes in and comes out."""

import json

import cv2
import numpy as np
import onnx
import pytest

from pfld_mm.runtime.model_folder import SHIPPED

FILES = sorted(SHIPPED.glob('*/*.onnx'))


def dims(value):
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


@pytest.mark.parametrize('file', FILES, ids=lambda file: f'{file.parent.name}/{file.name}')
def test_shapes_are_declared(file):
    graph = onnx.load(str(file)).graph
    info = json.loads((file.parent / 'model.json').read_text(encoding='utf-8'))
    shape = dims(graph.output[0])
    assert len(shape) in (2, 3, 4) and all(shape)
    assert isinstance(shape[1], int) and shape[0] == dims(graph.input[0])[0]
    if info['task'] == 'face':
        assert shape == ['batch', info['num_keypoints'], shape[2]] and shape[2] in (2, 4)


@pytest.mark.parametrize(
    ('file', 'given', 'expected'),
    [('model.onnx', 'input', 'output'), ('pair_verifier.onnx', 'squares', 'squares_output')],
)
def test_the_slider_runs_in_opencv(file, given, expected):
    folder = SHIPPED / 'litehrnet18_fast_slider'
    golden = np.load(folder / 'golden.npz')
    network = cv2.dnn.readNetFromONNX(str(folder / file))
    network.setInput(golden[given])
    np.testing.assert_allclose(network.forward(), golden[expected], atol=1e-3)
