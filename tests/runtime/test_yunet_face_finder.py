import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pfld_mm.core.face_markups import WFLW98
from pfld_mm.runtime.yunet_face_finder import FOREHEAD, YuNetFaceFinder, without_forehead

FACE = WFLW98.mean_face[:, :2]
FIVE = np.stack([FACE[60:68].mean(0), FACE[68:76].mean(0), FACE[54], FACE[76], FACE[82]])


@pytest.mark.parametrize(
    ('roll', 'expected'),
    [
        (0, (0, 24, 100, 100)),
        (90, (0, 0, 76, 100)),
        (-90, (24, 0, 100, 100)),
        (180, (0, 0, 100, 76)),
    ],
)
def test_the_forehead_is_cut_where_it_is(roll, expected):
    boxes = without_forehead(np.array([[0.0, 0, 100, 100]]), np.array([roll]))
    np.testing.assert_allclose(boxes, [expected], atol=1e-3)


def yunet_like(path):
    """A network with YuNet's twelve outputs: a face in each bright red cell of 32 x 32 pixels.

    Its five points are the mean face's, 40 pixels wide between the outer eye corners.
    """
    middle = FIVE.mean(0)
    five = (FIVE - middle) * 40 / 32 + 0.5
    heads = dict(
        cls=[0.0],
        obj=[1.0],
        bbox=[0.5, 0.5, np.log(2.0), np.log(2.0)],
        kps=five.ravel(),
    )
    nodes, constants, outputs = [], [], []
    for name, biases in heads.items():
        for stride in (8, 16, 32):
            weight = np.zeros((len(biases), 3, stride, stride), np.float32)
            if name == 'cls' and stride == 32:
                weight[0, 2] = 1 / 255 / stride**2
            key = f'{name}_{stride}'
            shape = np.array([1, -1, len(biases)], np.int64)
            for part, value in (('w', weight), ('b', np.float32(biases)), ('s', shape)):
                constants.append(numpy_helper.from_array(value, f'{key}_{part}'))
            nodes += [
                helper.make_node(
                    'Conv',
                    ['input', f'{key}_w', f'{key}_b'],
                    [f'{key}_c'],
                    strides=[stride, stride],
                    kernel_shape=[stride, stride],
                ),
                helper.make_node('Transpose', [f'{key}_c'], [f'{key}_t'], perm=[0, 2, 3, 1]),
                helper.make_node('Reshape', [f'{key}_t', f'{key}_s'], [key]),
            ]
            outputs.append(
                helper.make_tensor_value_info(key, TensorProto.FLOAT, [1, 'n', len(biases)])
            )
    image = helper.make_tensor_value_info('input', TensorProto.FLOAT, [1, 3, 320, 320])
    graph = helper.make_graph(nodes, 'yunet', [image], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 11)], ir_version=6)
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize(('shape', 'max_side'), [((160, 224), 720), ((320, 448), 224)])
def test_yunet_through_opencv(tmp_path, shape, max_side):
    finder = YuNetFaceFinder(yunet_like(tmp_path / 'yunet.onnx'), max_side=max_side)
    reduced = max(1, max(shape) // max_side)
    image = np.zeros((*shape, 3), np.uint8)
    cell = 32 * reduced
    image[2 * cell : 3 * cell, 4 * cell : 5 * cell, 2] = 255
    found = finder(image)
    center = np.array([4 * 32 + 16, 2 * 32 + 16])
    expected = [*(center - (32, 32 - FOREHEAD * 64)), *(center + 32)]
    np.testing.assert_allclose(found.boxes, np.array([expected]) * reduced, atol=0.05)
    np.testing.assert_allclose(found.roll, 0, atol=0.1)
    points = (FIVE - FIVE.mean(0)) * 40 + center
    np.testing.assert_allclose(found.points, points[None] * reduced, atol=0.05)
    assert finder(np.zeros((50, 70, 3), np.uint8)).boxes.shape == (0, 4)
    assert len(finder(image)) == 1  # the size is set anew each time


def test_yunet_without_its_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='opencv_zoo'):
        YuNetFaceFinder(tmp_path / 'none.onnx')
    (tmp_path / 'broken.onnx').write_bytes(b'not a network')
    with pytest.raises(ValueError, match=r'broken\.onnx: OpenCV .* cannot load it'):
        YuNetFaceFinder(tmp_path / 'broken.onnx')
