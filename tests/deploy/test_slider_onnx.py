import io

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

import pfld_mm.compat  # noqa: F401
from pfld_mm.codecs.center_offset_angle import CenterOffsetAngleLabel
from pfld_mm.models.backbones.lite_hrnet18 import LiteHRNet18
from pfld_mm.models.heads.center_offset_angle_head import CenterOffsetAngleHead
from pfld_mm.models.necks.lite_fpn import LiteFPN


class Proposal(nn.Module):
    """The parts as the detector runs them: the head is told which pixels are valid."""

    def __init__(self, backbone, neck, head):
        super().__init__()
        self.backbone, self.neck, self.head = backbone, neck, head

    def forward(self, x):
        return self.head(self.neck(self.backbone(x)), x[:, 3:])


@pytest.mark.parametrize('fast', [False, True])
def test_onnx_gives_the_same_answers(fast):
    torch.manual_seed(0)
    backbone = LiteHRNet18(0.25, separable=fast)
    neck = LiteFPN(backbone.out_channels, 16, separable=fast)
    head = CenterOffsetAngleHead(16, 8, shared=fast, match_channels=8 if fast else None)
    if fast:
        nn.init.normal_(head.matcher.query[-1].weight)  # it begins at 0
    model = Proposal(backbone, neck, head)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):  # as after training, not the identity
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    model.eval()
    x = torch.rand(2, 4, 64, 128)
    x[0, 3, :, 96:] = 0
    x[0, 3, :, :96] = 1
    buffer = io.BytesIO()
    torch.onnx.export(
        model,
        (x[:1],),
        buffer,
        dynamo=False,
        opset_version=11,
        input_names=['input'],
        output_names=['output'],
        dynamic_axes={'input': {0: 'batch'}, 'output': {0: 'batch'}},
    )
    session = onnxruntime.InferenceSession(buffer.getvalue(), providers=['CPUExecutionProvider'])
    (output,) = session.run(None, {'input': x.numpy()})
    with torch.no_grad():
        expected = model(x).numpy()
    assert output.shape == (2, 8, 16, 32)
    np.testing.assert_allclose(output, expected, atol=1e-4)
    assert output[0, :2, :, 24:].max() == 0
    codec = CenterOffsetAngleLabel((128, 64))
    assert codec.decode(output[0])[0][..., 0].max() <= 96
