from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

import pfld_mm.register  # noqa: F401
from pfld_mm.deploy.make_exporter import make_exporter
from pfld_mm.engine.config import load_config
from pfld_mm.runtime import SliderLocator
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

CONFIGS = Path(__file__).parents[2] / 'configs'


def test_the_exporter_proves_both_networks(tmp_path, read_deploy_cfg):
    """A whole folder from the config of the fast form, which the runtime opens and tests."""
    cfg = load_config(str(CONFIGS / 'litehrnet18_fast_slider.py'))
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'small.pth')
    image = PuzzleGenerator(seed=4)[0].image
    cv2.imwrite(str(tmp_path / 'puzzle.png'), image)
    deploy, folder = read_deploy_cfg('onnxruntime_static'), tmp_path / 'out'
    exporter = make_exporter(deploy, cfg, str(tmp_path / 'small.pth'), folder, 'small')
    report = exporter.run([str(tmp_path / 'puzzle.png')])
    assert report['backends']['pair verifier']['differences']['given']['max'] < 1e-3
    locator = SliderLocator(folder)
    assert locator.verifier is not None
    assert locator.self_test() < 1e-3
    assert locator.cascade.params == model.cascade_params
    assert locator.stride == locator.info.codec['stride'] == 8
    assert 'h / 8, w / 8' in locator.info.output['meaning']
    squares = np.random.default_rng(0).uniform(0, 1, (3, 6, 160, 160)).astype(np.float32)
    with torch.no_grad():
        expected = model.eval().verifier(torch.from_numpy(squares)).numpy()
    np.testing.assert_allclose(locator.verifier(squares), expected, atol=1e-3)


@pytest.mark.parametrize('name', ['litehrnet18_slider', 'litehrnet18_fast_slider'])
def test_the_stride_in_the_metadata_is_that_of_the_output(name, tmp_path, read_deploy_cfg):
    cfg = load_config(str(CONFIGS / f'{name}.py'))
    torch.save(dict(state_dict=MODELS.build(cfg.model).state_dict()), tmp_path / 'small.pth')
    deploy = read_deploy_cfg('onnxruntime_static')
    export = make_exporter(deploy, cfg, str(tmp_path / 'small.pth'), tmp_path / 'out', name)
    with torch.no_grad():
        output = export.network(torch.zeros(1, *export.network.input_shape))
    stride = export.info.codec['stride']
    assert export.network.input_shape[1] // output.shape[2] == stride
    assert export.info.output['shape'][1:] == list(output.shape[1:])
    assert f'h / {stride}' in export.info.output['meaning']
