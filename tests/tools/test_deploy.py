"""The tools as a user runs them."""

import json

import cv2
import numpy as np
import pytest
import torch
from helpers.lively import build_lively
from helpers.runs import CONFIG, command_line, tiny_options, tool

STATIC = 'configs/deploy/onnxruntime_static.py'


@pytest.fixture(scope='module')
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp('inputs')
    model = build_lively('ghostone', spread=0.01, width_factor=0.125, num_conv_branches=2)
    torch.save(dict(state_dict=model.state_dict()), folder / 'small.pth')
    torch.save(dict(state_dict=build_lively('pfld').state_dict()), folder / 'pfld.pth')
    cv2.imwrite(str(folder / 'face.png'), np.random.default_rng(0).integers(0, 256, (80, 90, 3)))
    (folder / 'text.png').write_text('no image')
    return folder


def test_export_then_benchmark(synthetic_faces, inputs, tmp_path):
    out = tmp_path / 'out'
    done = tool(
        'deploy',
        *(STATIC, CONFIG, inputs / 'small.pth', inputs / 'face.png', '--work-dir', out),
        *('--dataset', '--max-samples', 4, *command_line(tiny_options(synthetic_faces))),
    )
    assert done.returncode == 0, done.stdout
    assert 'onnxruntime        given  images: largest difference' in done.stdout
    assert json.loads((out / 'report.json').read_text())['evaluation']['onnxruntime']['faces'] == 4
    done = tool('benchmark', out, '--vs', out / 'model.onnx', '--threads', 1, '--batches', 1,
                '--rounds', 3, '--out', tmp_path / 'figures.json')  # fmt: skip
    assert done.returncode == 0, done.stdout
    figures = json.loads((tmp_path / 'figures.json').read_text())
    assert [row['form'] for row in figures['latency']] == ['onnxruntime_vs', 'onnxruntime']
    assert 'MMAC' in done.stdout
    (out / 'model.onnx').write_bytes(b'damaged')
    done = tool('benchmark', out)
    assert done.returncode == 1
    assert 'model.onnx' in done.stdout
    assert 'Traceback' not in done.stdout


@pytest.mark.parametrize(
    ('deploy_cfg', 'checkpoint', 'image', 'sentence'),
    [
        ('no.py', 'small.pth', 'face.png', 'the config no.py does not exist'),
        (STATIC, 'pfld.pth', 'face.png', 'does not fit this model'),
    ],
)
def test_mistakes_end_in_a_sentence(
    synthetic_faces, inputs, tmp_path, deploy_cfg, checkpoint, image, sentence
):
    done = tool(
        'deploy',
        *(deploy_cfg, CONFIG, inputs / checkpoint, inputs / image, '--work-dir', tmp_path),
        *command_line(tiny_options(synthetic_faces)),
    )
    assert done.returncode == 1
    assert sentence in done.stdout
    assert 'Traceback' not in done.stdout
