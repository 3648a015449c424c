import pytest
from helpers.lively import build_lively

from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx


@pytest.fixture(scope='session', params=['ghostone', 'ghostnet'])
def graph(request):
    model = build_lively(request.param, 7, (64, 64), width_factor=0.35)  # odd halves: with Slice
    return export_onnx(DeployedNetwork(model, (64, 64)), (3, 64, 64))


@pytest.fixture(scope='session')
def ghostone():
    return export_onnx(DeployedNetwork(build_lively('ghostone'), (112, 112)), (3, 112, 112))
