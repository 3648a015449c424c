"""Makes graphs, runs them and takes them apart."""

import onnxruntime
import torch
from helpers.lively import soft_images
from torch import nn

from pfld_mm.deploy.export_onnx import export_onnx


def run(model, seed=0):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    shape = [d.dim_value or 2 for d in model.graph.input[0].type.tensor_type.shape.dim]
    x = soft_images(shape[0], (shape[3], shape[2]), seed).numpy() * 255
    return session.run(None, {'input': x})[0]


def convs(model):
    return [node for node in model.graph.node if node.op_type == 'Conv']


def small_network(channels=4):
    """A graph of two convolutions, an input (1, 3, 8, 8) and its output in PyTorch."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, channels, 3, 2, 1), nn.ReLU(), nn.Conv2d(channels, channels, 3)
    )
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        expected = network.eval()(x)
    return export_onnx(network, (3, 8, 8)), x.numpy(), expected.numpy()
