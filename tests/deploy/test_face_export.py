import copy

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS

from pfld_mm.deploy.make_exporter import make_exporter


@pytest.fixture(scope='module')
def export(small_cfg, checkpoint, read_deploy_cfg, tmp_path_factory):
    deploy, folder = read_deploy_cfg('onnxruntime_static'), tmp_path_factory.mktemp('out')
    return make_exporter(deploy, copy.deepcopy(small_cfg), checkpoint, folder, 'small')


def test_points_are_two_columns_and_their_unit_is_a_pixel(export):
    assert export.output_info() == dict(
        name='output', shape=['batch', 98, 2], meaning='points x, y, divided by (w, h) of the input'
    )
    np.testing.assert_array_equal(export.unit(), [112, 112])
    assert (export.task, export.info.task, export.info.output['shape'][1]) == ('face', 'face', 98)


def test_standard_deviations_are_two_more(export, monkeypatch):
    monkeypatch.setattr(export.network.head, 'sigma_branch', torch.nn.Linear(1, 1))
    assert export.output_info()['shape'] == ['batch', 98, 4]
    assert 'standard deviations sigma_x, sigma_y, divided' in export.output_info()['meaning']
    np.testing.assert_array_equal(export.unit(), [112, 112, 112, 112])


def test_answers_are_the_points_in_the_image_as_mmpose_gives_them(export):
    dataset = DATASETS.build(export.cfg.test_dataloader.dataset)
    estimator = export.estimator
    estimator.test_cfg = dict(flip_test=False)
    of_pytorch = export.answers_of_pytorch()
    of_session = export.answers_of(lambda x: export.network(torch.from_numpy(x)).numpy())
    spread = []
    for index in range(3):
        with torch.no_grad():
            (expected,) = estimator.test_step(pseudo_collate([dataset[index]]))
            expected = expected.pred_instances.keypoints
            found = [answer(dataset[index]) for answer in (of_pytorch, of_session)]
        assert expected.shape == (1, 98, 2)
        for one in found:
            np.testing.assert_allclose(one.pred_instances.keypoints, expected, atol=1e-2)
            np.testing.assert_array_equal(
                one.gt_instances.bboxes, dataset[index]['data_samples'].gt_instances.bboxes
            )
        spread.append(expected.std())
    assert min(spread) > 1  # else nothing was compared
