"""Runs graphs and takes them apart."""

import onnxruntime
from helpers.lively import soft_images


def run(model, seed=0):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    shape = [d.dim_value or 2 for d in model.graph.input[0].type.tensor_type.shape.dim]
    x = soft_images(shape[0], (shape[3], shape[2]), seed).numpy() * 255
    return session.run(None, {'input': x})[0]


def convs(model):
    return [node for node in model.graph.node if node.op_type == 'Conv']
