import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from helpers.networks import build

from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.deploy.verifier_export import export_verifier
from pfld_mm.models.heads.pair_verifier import PairVerifier


@pytest.fixture(scope='module')
def networks():
    """Name: network, export by opset, shape of an input, of an output."""
    torch.manual_seed(0)
    face = build('ghostnet', 98, width_factor=0.25)
    points = _Points(face).eval()
    verifier = PairVerifier((4, 4, 8, 8), 8, 64).eval()
    return {
        'face': (points, lambda o: export_onnx(points, (3, 112, 112), True, o), (3, 112, 112)),
        'pairs': (verifier, lambda o: export_verifier(verifier, o), (6, 64, 64)),
    }


class _Points(torch.nn.Module):
    """The estimator as one network from image to points."""

    def __init__(self, estimator):
        super().__init__()
        self.estimator = estimator

    def forward(self, x):
        return self.estimator.head(self.estimator.extract_feat(x))


@pytest.mark.parametrize('opset', [11, 13, 17, 20])
@pytest.mark.parametrize('name', ['face', 'pairs'])
def test_every_opset_gives_the_same_and_declares_shapes(networks, name, opset):
    network, export, shape = networks[name]
    model = export(opset)
    assert [one.version for one in model.opset_import if not one.domain] == [opset]
    dims = [d.dim_param or d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim]
    x = np.random.default_rng(0).random((3, *shape), dtype=np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(x)).numpy()
    assert dims == ['batch', *expected.shape[1:]]
    data = model.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=['CPUExecutionProvider'])
    np.testing.assert_allclose(session.run(None, {'input': x})[0], expected, atol=2e-3, rtol=1e-4)
    onnx.shape_inference.infer_shapes(model, strict_mode=True)
    if name == 'pairs':
        assert not {'ArgMax', 'Where', 'Range'} & {node.op_type for node in model.graph.node}
        read = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
        read.setInput(x[:1])
        np.testing.assert_allclose(read.forward(), expected[:1], atol=2e-3, rtol=1e-3)
