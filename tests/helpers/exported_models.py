"""Small exported models, made by hand: their answers are known."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.core.slider.pair_verdict import PAIR_OUTPUTS


def face_info(k=68, size=(112, 112), **changes):
    """Metadata of a face model."""
    pairs = sorted(map(list, MARKUPS[k].flip_pairs)) if k in MARKUPS else []
    info = dict(
        format=2,
        task='face',
        name='disc',
        input_size=list(size),
        color_order='RGB',
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        crop=dict(rule='square box', padding=1.2),
        num_keypoints=k,
        keypoint_names=[f'point {i}' for i in range(k)],
        flip_pairs=pairs,
        skeleton=[[i, i + 1] for i in range(min(k - 1, 16))],
        codec=dict(type='RegressionLabel', input_size=list(size)),
        versions=dict(pfld_mm='0.1.0'),
        weights_sha256='0' * 64,
        files=dict(onnxruntime=['model.onnx']),
        output=dict(name='output', meaning='points (N, K, 2) divided by (w, h)'),
    )
    return {**info, **changes}


def slider_info(size=(128, 64), **changes):
    """Metadata of a slider model."""
    info = face_info(k=2, size=size)
    info.update(
        task='slider',
        name='colors',
        mean=[0.0],
        std=[255.0],
        crop=dict(rule='letterbox', padding=1.0),
        keypoint_names=['gap', 'piece'],
        skeleton=[],
        codec=dict(type='CenterOffsetAngleLabel', input_size=list(size), stride=4),
        cascade=dict(same_row=False),
    )
    return {**info, **changes}


def face_shape(k):
    """The face that the disc model draws: (K, 2), its box has the center 0 and the height 2."""
    shape = (
        MARKUPS[k].mean_face[:, :2] if k in MARKUPS else np.array([[-1, -1], [1, 1.0], [0, 0]])[:k]
    )
    low, high = shape.min(0), shape.max(0)
    return (shape - (low + high) / 2) * 2 / (high[1] - low[1])


def face_graph(k=68, size=(112, 112), batch='N'):
    """Draws a face of radius r around a reddish disc of radius r; without one, amid the crop.

    The weight of a pixel is what 0.6 R + 0.3 G + 0.1 B has over 0.2; the points follow from the
    weights' center and spread, a disc's being r / sqrt(2).
    """
    width, height = size
    x, y = np.meshgrid((np.arange(width) + 0.0), (np.arange(height) + 0.0))
    square = ((x - width / 2) / width) ** 2 + ((y - height / 2) / height) ** 2
    floor_value = 1e-6 * np.exp(-square / (2 * 0.18**2))
    moments = np.stack([np.ones(x.size), x.ravel(), y.ravel(), (x**2 + y**2).ravel()], axis=1)
    constants = dict(
        channels=np.array([0.6, 0.3, 0.1], np.float32).reshape(1, 3, 1, 1),
        floor=np.float32(0.2),
        floor_value=floor_value[None, None].astype(np.float32),
        flat=np.array([-1, width * height], np.int64),
        moments=moments.astype(np.float32),
        first=np.array([0], np.int64),
        one=np.array([1], np.int64),
        three=np.array([3], np.int64),
        four=np.array([4], np.int64),
        axis=np.array([1], np.int64),
        last=np.array([2], np.int64),
        shape=(face_shape(k) * np.sqrt(2))[None].astype(np.float32),
        size=np.array(size, np.float32),
    )
    nodes = [
        ('Conv', ['input', 'channels'], 'gray'),
        ('Sub', ['gray', 'floor'], 'over'),
        ('Relu', ['over'], 'weights'),
        ('Add', ['weights', 'floor_value'], 'positive'),
        ('Reshape', ['positive', 'flat'], 'pixels'),
        ('MatMul', ['pixels', 'moments'], 'sums'),
        ('Slice', ['sums', 'first', 'one', 'axis'], 'mass'),
        ('Div', ['sums', 'mass'], 'means'),
        ('Slice', ['means', 'one', 'three', 'axis'], 'center'),
        ('Slice', ['means', 'three', 'four', 'axis'], 'square'),
        ('Mul', ['center', 'center'], 'centre2'),
        ('ReduceSum', ['centre2', 'axis'], 'norm'),
        ('Sub', ['square', 'norm'], 'variance'),
        ('Relu', ['variance'], 'spread2'),
        ('Sqrt', ['spread2'], 'spread'),
        ('Unsqueeze', ['spread', 'last'], 'scale'),
        ('Mul', ['scale', 'shape'], 'face'),
        ('Unsqueeze', ['center', 'axis'], 'place'),
        ('Add', ['face', 'place'], 'points'),
        ('Div', ['points', 'size'], 'output'),
    ]
    return _model(nodes, constants, [batch, 3, height, width], [batch, k, 2])


def slider_graph(size=(128, 64), offsets=(0.25, -0.25, 0.125, 0.5), angle=0.5):
    """Gap score is the red of a cell, piece score its green; all else is constant."""
    width, height = size
    constants = dict(
        zero=np.array([0], np.int64),
        two=np.array([2], np.int64),
        axis=np.array([1], np.int64),
        nothing=np.zeros((6, 4, 1, 1), np.float32),
        bias=np.array([*offsets, np.sin(angle), np.cos(angle)], np.float32),
    )
    nodes = [
        ('AveragePool', ['input'], 'cells', dict(kernel_shape=[4, 4], strides=[4, 4])),
        ('Slice', ['cells', 'zero', 'two', 'axis'], 'scores'),
        ('Conv', ['cells', 'nothing', 'bias'], 'rest'),
        ('Concat', ['scores', 'rest'], 'output', dict(axis=1)),
    ]
    return _model(nodes, constants, ['N', 4, height, width], ['N', 8, height // 4, width // 4])


def write_folder(path, info, graph, golden=True):
    """Write model.onnx with its metadata, model.json, report.json and golden.npz."""
    path.mkdir(parents=True, exist_ok=True)
    entry = graph.metadata_props.add()
    entry.key, entry.value = 'pfld_mm', json.dumps(info)
    onnx.save(graph, str(path / 'model.onnx'))
    (path / 'model.json').write_text(json.dumps(info), encoding='utf-8')
    (path / 'report.json').write_text('{}', encoding='utf-8')
    if golden:
        write_golden(path, info, graph)
    return path


def write_golden(path, info, graph):
    """A golden pair for the folder, its input made without the runtime's code."""
    import onnxruntime

    width, height = info['input_size']
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    tensor = image[..., ::-1] if info['color_order'] == 'RGB' else image
    if info['task'] == 'slider':
        mask = np.full((height, width), 255, np.uint8)
        tensor, image = np.dstack([tensor, mask]), np.dstack([image, mask])
    tensor = (tensor.astype(np.float32) - info['mean']) / info['std']
    tensor = np.ascontiguousarray(tensor.transpose(2, 0, 1)[None].astype(np.float32))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    batch = session.get_inputs()[0].shape[0]
    many = np.repeat(tensor, batch, axis=0) if isinstance(batch, int) else tensor
    output = session.run(None, {'input': many})[0][:1]
    np.savez(path / 'golden.npz', image=image, input=tensor, output=output)


def face_folder(path, k=68, size=(112, 112), batch='N', golden=True, **changes):
    """The folder of a face model."""
    return write_folder(path, face_info(k, size, **changes), face_graph(k, size, batch), golden)


def slider_folder(path, size=(128, 64), golden=True, **changes):
    """The folder of a slider model."""
    return write_folder(path, slider_info(size, **changes), slider_graph(size), golden)


def verifier_graph(boxes, match=9.0, angle=0.25):
    """Answers the same to any pair: boxes of piece and gap in its squares, match and angle."""
    constants = dict(
        nothing=np.zeros((10, 6, 1, 1), np.float32),
        bias=np.array([*np.ravel(boxes), match, angle], np.float32),
        flat=np.array([-1, 10], np.int64),
    )
    nodes = [
        ('GlobalAveragePool', ['input'], 'mean'),
        ('Conv', ['mean', 'nothing', 'bias'], 'answer'),
        ('Reshape', ['answer', 'flat'], 'output'),
    ]
    return _model(nodes, constants, ['N', 6, 160, 160], ['N', 10])


def two_stage_info(size=(256, 128), cascade=None, **changes):
    """Metadata of a slider model with a pair verifier."""
    return slider_info(
        size,
        cascade=dict(same_row=True, square_size=160, **(cascade or {})),
        verifier=dict(file='pair_verifier.onnx', input=[6, 160, 160], outputs=list(PAIR_OUTPUTS)),
        **changes,
    )


def two_stage_folder(path, boxes, match=9.0, angle=0.25, **changes):
    """The folder of a slider model whose verifier always answers the same."""
    info = two_stage_info(**changes)
    write_folder(path, info, slider_graph(info['input_size']))
    graph = verifier_graph(boxes, match, angle)
    entry = graph.metadata_props.add()
    entry.key, entry.value = 'pfld_mm', (path / 'model.json').read_text()
    onnx.save(graph, str(path / 'pair_verifier.onnx'))
    golden = dict(np.load(path / 'golden.npz'))
    answer = np.array([[*np.ravel(boxes), match, angle]], np.float32)
    squares = np.zeros((1, 6, 160, 160), np.float32)
    np.savez(path / 'golden.npz', **golden, squares=squares, squares_output=answer)
    return path


def disc_image(shape, centers, radius):
    """(H, W, 3) uint8 BGR, gray with reddish discs, which the face model takes for faces."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = np.full((*shape, 3), 30, np.uint8)
    for center in centers:
        inside = (x - center[0]) ** 2 + (y - center[1]) ** 2 <= radius**2
        image[inside] = (60, 120, 220)
    return image


def disc_box(center, radius, k=68):
    """The landmark box (4,) of the face that the model draws on a disc."""
    shape = face_shape(k) * radius + np.array(center)
    return np.concatenate([shape.min(0), shape.max(0)])


def _model(nodes, constants, input_shape, output_shape):
    made = [
        helper.make_node(node[0], node[1], [node[2]], **(node[3] if len(node) > 3 else {}))
        for node in nodes
    ]
    graph = helper.make_graph(
        made,
        'graph',
        [helper.make_tensor_value_info('input', TensorProto.FLOAT, input_shape)],
        [helper.make_tensor_value_info('output', TensorProto.FLOAT, output_shape)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
