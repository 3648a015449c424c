import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pfld_mm.core.boxes import iou
from pfld_mm.core.face_markups import WFLW98
from pfld_mm.runtime import haar_face_finder
from pfld_mm.runtime.haar_face_finder import EXTENT, SHIFT, HaarFaceFinder, from_haar
from pfld_mm.runtime.yunet_face_finder import FOREHEAD, YuNetFaceFinder, without_forehead
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face


def test_from_haar_by_hand():
    box = from_haar(np.array([[100.0, 50, 200, 200]]))[0]
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, (200, 150 + SHIFT[1] * 200), atol=1e-4)
    np.testing.assert_allclose(box[2:] - box[:2], np.multiply(EXTENT, 200), atol=1e-4)


@pytest.fixture(scope='module')
def drawn_faces():
    """Synthetic faces that the cascade finds, with their landmark boxes."""
    finder, faces = HaarFaceFinder(min_side=0.3), []
    for index in range(60):
        image, points = render_face(sample_face(0, 'train', index))
        if len(finder(image)):
            faces.append((image, np.concatenate([points.min(0), points.max(0)])))
    return faces


def test_haar_finds_drawn_faces_at_their_landmark_boxes(drawn_faces):
    finder = HaarFaceFinder(min_side=0.3)
    assert len(drawn_faces) >= 10
    best = [iou(finder(image).boxes, box[None]).max() for image, box in drawn_faces]
    assert np.median(best) > 0.7  # measured: 0.77


def test_haar_finds_the_same_in_a_larger_image(drawn_faces):
    image, _ = drawn_faces[0]
    small = HaarFaceFinder(min_side=0.3, max_side=max(image.shape))
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    one, other = small(image).boxes, small(large).boxes / 3
    assert iou(one[:1], other[:1])[0, 0] > 0.85


def test_largest_first():
    boxes = from_haar(np.array([[0.0, 0, 9, 9], [0, 0, 99, 99]]))
    assert boxes.shape == (2, 4) and boxes.dtype == np.float32


def test_haar_orders_equal_squares_by_place(monkeypatch):
    squares = np.array([[9, 5, 40, 40], [2, 5, 40, 40], [3, 1, 40, 40], [8, 8, 50, 50]])

    class Cascade:
        def detectMultiScale(self, *_, **__):
            return np.random.default_rng().permutation(squares)

    monkeypatch.setattr(haar_face_finder, '_load', lambda name: Cascade())
    finder = HaarFaceFinder()
    wanted = from_haar(squares[[3, 2, 1, 0]])
    for _ in range(9):
        np.testing.assert_allclose(finder(np.zeros((99, 99, 3), np.uint8)).boxes, wanted)


@pytest.mark.parametrize('shape', [(1, 1, 3), (1, 500, 3), (5, 19, 3), (3000, 2, 3), (64, 64, 3)])
def test_haar_has_an_answer_for_every_size(shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    found = HaarFaceFinder()(noise)
    assert found.boxes.shape[1:] == (4,) and found.boxes.dtype == np.float32
    assert len(found.roll) == len(found.scores) == len(found)


def test_an_opencv_without_cascades_is_named(monkeypatch):
    monkeypatch.setattr(haar_face_finder, 'CASCADE', 'haarcascade_that_is_not_there.xml')
    with pytest.raises(ImportError, match='opencv-python<5'):
        HaarFaceFinder()
    monkeypatch.undo()
    monkeypatch.delattr(cv2, 'CascadeClassifier')
    with pytest.raises(ImportError, match='OpenCV 5 dropped it'):
        HaarFaceFinder()


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
