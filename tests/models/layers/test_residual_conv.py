import torch
import torch.nn.functional as F

from pfld_mm.models.layers.residual_conv import ResidualConv


def test_it_adds_its_input_before_the_activation():
    torch.manual_seed(0)
    model, x = ResidualConv(4).eval(), torch.randn(2, 4, 6, 5)
    conv, bn = model.block.conv, model.block.bn
    torch.testing.assert_close(model(x), F.relu(x + bn(conv(x))))
    torch.nn.init.zeros_(bn.weight)
    torch.testing.assert_close(model(x), F.relu(x))
