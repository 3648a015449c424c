"""A small trained-like model, its config, checkpoint and images, for the exporter's tests."""

import copy
from pathlib import Path

import cv2
import pytest
import torch
from helpers.lively import build_lively
from helpers.runs import CONFIG, tiny_options
from mmengine.config import Config

from pfld_mm.engine.config import load_config

DEPLOY_CONFIGS = Path(__file__).parents[2] / 'configs/deploy'


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    model = build_lively('ghostone', spread=0.01, width_factor=0.125, num_conv_branches=2)
    path = tmp_path_factory.mktemp('checkpoint') / 'small.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    return str(path)


@pytest.fixture(scope='session')
def small_cfg(synthetic_faces):
    return load_config(str(CONFIG), tiny_options(synthetic_faces))


@pytest.fixture
def cfg(small_cfg):
    return copy.deepcopy(small_cfg)


@pytest.fixture(scope='session')
def image_path(tmp_path_factory, synthetic_faces):
    source = next(synthetic_faces.rglob('*.jpg'))
    path = tmp_path_factory.mktemp('images') / 'face.png'
    cv2.imwrite(str(path), cv2.imread(str(source)))
    return str(path)


@pytest.fixture(scope='session')
def read_deploy_cfg():
    return lambda name: Config.fromfile(DEPLOY_CONFIGS / f'{name}.py')


@pytest.fixture
def deploy_cfg(read_deploy_cfg):
    return read_deploy_cfg
