"""A face finder made by hand: a face, 4 x 2 cells large, in every red cell."""

import json

import numpy as np
import onnx
from helpers.exported_models import face_info
from onnx import TensorProto, helper, numpy_helper

SIDES = (32, 16)
"""Of the found boxes in input pixels."""


def finder_info(**changes):
    """Metadata of a face finder."""
    info = face_info(k=5, size=(640, 480))
    info.update(
        task='finder',
        name='red cells',
        color_order='BGR',
        std=[1.0, 1.0, 1.0],
        crop=dict(rule='reduced image', padding=1.0),
        codec=dict(type='FaceMapLabel', input_size=[320, 320]),
        thresholds=dict(min_score=0.5, max_iou=0.4),
        skeleton=[],
    )
    return {**info, **changes}


def five_points(roll=0.0):
    """(5, 2) pupils, nose tip, mouth corners in sides of the box, tilted clockwise."""
    points = np.array([[-0.2, -0.2], [0.2, -0.2], [0, 0], [-0.15, 0.25], [0.15, 0.25]])
    angle = np.deg2rad(roll)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T


def finder_folder(folder, roll=0.0, **changes):
    """Write the model; its score is how red a cell of 8 x 8 pixels is, beyond blue and green."""
    folder.mkdir(parents=True, exist_ok=True)
    weight = np.zeros((15, 3, 8, 8), np.float32)
    weight[0] = np.array([-0.5, -0.5, 1]).reshape(3, 1, 1) / 255 / 64
    sides = np.log(np.array([*SIDES, *SIDES]) / 16)
    bias = np.concatenate([[0.0], sides, five_points(roll).ravel()])
    constants = [
        numpy_helper.from_array(weight, 'weight'),
        numpy_helper.from_array(bias.astype(np.float32), 'bias'),
    ]
    conv = helper.make_node('Conv', ['input', 'weight', 'bias'], ['output'], strides=[8, 8])
    image = helper.make_tensor_value_info('input', TensorProto.FLOAT, ['n', 3, 'height', 'width'])
    output = helper.make_tensor_value_info('output', TensorProto.FLOAT, ['n', 15, 'h', 'w'])
    graph = helper.make_graph([conv], 'finder', [image], [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    info = finder_info(**changes)
    entry = model.metadata_props.add()
    entry.key, entry.value = 'pfld_mm', json.dumps(info)
    onnx.save(model, str(folder / 'model.onnx'))
    (folder / 'model.json').write_text(json.dumps(info), encoding='utf-8')
    return folder


def red_cells(shape, cells, zoom=1):
    """A black image (H, W, 3) with red cells (column, row) of 8 * zoom pixels."""
    image = np.zeros((*shape, 3), np.uint8)
    side = 8 * zoom
    for column, row in cells:
        image[row * side : (row + 1) * side, column * side : (column + 1) * side, 2] = 255
    return image
