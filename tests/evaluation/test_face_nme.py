import json
import logging
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.model import BaseModel
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement, InstanceData
from mmpose.registry import METRICS
from torch.utils.data import Dataset

from pfld_mm.evaluation.face_nme import FaceNME
from pfld_mm.evaluation.functional import normaliser

ERRORS = np.array([0.02, 0.09, 0.04, 0.13, 0.06])
ATTRIBUTES = np.array(  # in WFLW's order; the last column, blur, is empty
    [[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 0], [0] * 6]
)


def make_sample(i, num_keypoints=98, attributes=True):
    """A face whose prediction is moved by ERRORS[i] inter-ocular distances."""
    gt = np.random.default_rng(i).uniform(50, 350, (1, num_keypoints, 2))
    shift = np.array([ERRORS[i] * normaliser(gt)[0], 0])
    sample = BaseDataElement(metainfo={'id': 10 + i, 'img_path': f'images/{i}.jpg'})
    sample.gt_instances = InstanceData(
        keypoints=gt, keypoints_visible=np.ones((1, num_keypoints)), bboxes=np.zeros((1, 4))
    )
    sample.pred_instances = InstanceData(keypoints=gt + shift)
    labels = InstanceData()
    if attributes:
        labels.attributes = torch.tensor(ATTRIBUTES[i : i + 1], dtype=torch.float32)
    sample.gt_instance_labels = labels
    return sample


def evaluate(metric, samples, size=None):
    """The figures by the way that a runner takes."""
    evaluator = Evaluator([metric])
    evaluator.process(samples)
    return evaluator.evaluate(len(samples) if size is None else size)


def test_figures_and_subsets():
    figures = evaluate(FaceNME(), [make_sample(i) for i in range(5)])
    expected = {
        'NME': ERRORS.mean(),
        'FR10': 0.2,
        'FR8': 0.4,
        'AUC10': (0.8 + 0.1 + 0.6 + 0.0 + 0.4) / 5,
        'faces': 5,
    }
    subsets = {
        'pose': ERRORS[[0, 1]],
        'expression': ERRORS[[1, 2]],
        'illumination': ERRORS[[2]],
        'make-up': ERRORS[[3]],
        'occlusion': ERRORS[[3]],
    }
    for name, errors in subsets.items():
        expected |= {f'NME/{name}': errors.mean(), f'faces/{name}': len(errors)}
    assert figures == pytest.approx(expected)
    assert next(iter(figures)) == 'NME'


def test_attributes_from_meta_information_and_none():
    samples = [make_sample(i, attributes=False) for i in range(5)]
    assert 'NME/pose' not in evaluate(FaceNME(), samples)
    samples[3].set_metainfo({'attributes': np.array([1, 0, 0, 0, 0, 0])})
    figures = evaluate(FaceNME(), samples)
    assert (figures['NME/pose'], figures['faces/pose']) == (pytest.approx(0.13), 1)
    assert 'NME/blur' not in figures
    assert 'NME/pose' not in evaluate(FaceNME(subsets=False), samples)


def test_registered_with_prefix_and_box():
    init_default_scope('mmpose')  # an earlier test's runner may have left another
    metric = METRICS.build({'type': 'FaceNME', 'norm_mode': 'box', 'prefix': 'val'})
    sample = make_sample(0)
    sample.gt_instances.bboxes = np.array([[0, 0, 100, 25]])
    sample.pred_instances.keypoints = sample.gt_instances.keypoints + [3, 4]
    assert evaluate(metric, [sample])['val/NME'] == pytest.approx(0.1)


def test_points_that_are_not_marked_do_not_count():
    sample = make_sample(0)
    sample.pred_instances.keypoints[0, 5] += 1000
    for visible in (np.ones((1, 98)), np.ones((1, 98, 2))):
        visible[0, 5] = 0
        sample.gt_instances.keypoints_visible = visible
        assert evaluate(FaceNME(), [sample])['NME'] == pytest.approx(ERRORS[0])
    sample.gt_instances.keypoints_visible[0, 60] = 0
    with pytest.raises(ValueError, match=r'images/0\.jpg, face 10: the normaliser must be'):
        evaluate(FaceNME(), [sample])


def joined_sample(i):
    """98 points that are off by ERRORS[i], then 68 that are off by twice as much."""
    first, second = make_sample(i, 98), make_sample(i, 68)
    gt, pred = second.gt_instances.keypoints, second.pred_instances.keypoints
    second.pred_instances.keypoints = gt + 2 * (pred - gt)
    for group in ('gt_instances', 'pred_instances'):
        points = [getattr(sample, group).keypoints for sample in (first, second)]
        setattr(first, group, InstanceData(keypoints=np.concatenate(points, axis=1)))
    return first


def test_a_part_of_the_points_is_measured_like_a_markup_of_its_own():
    samples = [joined_sample(i) for i in range(5)]
    part = {}
    for name, points in (('98', (0, 98)), ('68', (98, 166))):
        part[name] = evaluate(FaceNME(points=points, prefix=name), samples)[f'{name}/NME']
    assert part == pytest.approx({'98': ERRORS.mean(), '68': 2 * ERRORS.mean()})
    pair = FaceNME('keypoint_distance', keypoint_indices=(36, 45), points=(98, 166))
    assert evaluate(pair, samples)['NME'] == pytest.approx(2 * ERRORS.mean())


def test_points_outside_the_part_may_be_unmarked():
    sample = joined_sample(0)
    visible = np.ones((1, 166))
    visible[0, 98:] = 0
    sample.gt_instances.keypoints_visible = visible
    assert evaluate(FaceNME(points=(0, 98)), [sample])['NME'] == pytest.approx(ERRORS[0])


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r'images/0\.jpg, face 10: points=\(98, 166\) ends after'):
        FaceNME(points=(98, 166)).process(None, [make_sample(0).to_dict()])


def test_every_face_counts_once_wherever_the_repetitions_are():
    samples = [make_sample(i) for i in (3, 0, 3, 1, 2, 4, 0)]
    figures = evaluate(FaceNME(), samples, size=5)
    assert figures['faces'] == 5
    assert figures['NME'] == pytest.approx(ERRORS.mean())


def test_two_faces_of_one_image_and_one_number_in_two_sets_are_different():
    one, two, three = make_sample(0), make_sample(1), make_sample(2)
    two.set_metainfo({'img_path': 'images/0.jpg'})
    three.set_metainfo({'id': 10})
    assert evaluate(FaceNME(), [one, two, three])['faces'] == 3


@pytest.fixture
def told(monkeypatch):
    """What the metric logs, as (level, sentence)."""
    lines = []
    monkeypatch.setattr(
        'pfld_mm.evaluation.face_nme.print_log',
        lambda text, logger, level=logging.INFO: lines.append((level, text)),
    )
    return lines


def test_missing_faces_are_told(told):
    evaluate(FaceNME(), [make_sample(0)], size=3)
    sentence = 'FaceNME: 1 different faces (image and id) were evaluated, the data set has 3.'
    assert told[0] == (logging.WARNING, sentence)
    told.clear()
    evaluate(FaceNME(), [make_sample(0)], size=1)
    assert [level for level, _ in told] == [logging.INFO]


def test_log_line_is_in_percent(told):
    evaluate(FaceNME(), [make_sample(i) for i in range(5)])
    line = (
        'FaceNME (inter_ocular), 5 faces: '
        'NME 6.80 %, FR10 20.00 %, FR8 40.00 %, AUC10 38.00 %; '
        'pose 5.50 % (2); expression 6.50 % (2); illumination 4.00 % (1); '
        'make-up 13.00 % (1); occlusion 13.00 % (1)'
    )
    assert told == [(logging.INFO, line)]


def test_prediction_that_is_not_a_number_names_the_image():
    sample = make_sample(2)
    sample.pred_instances.keypoints[0, 4, 1] = np.nan
    with pytest.raises(ValueError, match=r'images/2\.jpg, face 12: a predicted point is NaN'):
        FaceNME().process(None, [make_sample(0).to_dict(), sample.to_dict()])


def test_normaliser_of_zero_names_the_image():
    sample = make_sample(1)
    sample.gt_instances.keypoints[0, 72] = sample.gt_instances.keypoints[0, 60]
    with pytest.raises(ValueError, match=r'images/1\.jpg, face 11: the normaliser'):
        FaceNME().process(None, [sample.to_dict()])


def test_other_number_of_points_names_the_image():
    sample = make_sample(1)
    sample.pred_instances.keypoints = sample.pred_instances.keypoints[:, :68]
    with pytest.raises(ValueError, match=r'images/1\.jpg, face 11: predicted points \(1, 68, 2'):
        FaceNME().process(None, [sample.to_dict()])


def test_sample_without_identity_and_wrong_attributes_are_met_by_name():
    sample = make_sample(0).to_dict()
    del sample['id']
    with pytest.raises(ValueError, match=r"needs 'id' and 'img_path'.*PackPoseInputs"):
        FaceNME().process(None, [sample])
    sample = make_sample(0).to_dict()
    sample['gt_instance_labels']['attributes'] = np.ones((1, 5))
    with pytest.raises(ValueError, match=r'images/0\.jpg.*the 6 attributes.*found 5'):
        FaceNME().process(None, [sample])
    FaceNME(subsets=False).process(None, [sample])


@pytest.mark.parametrize(
    'arguments, message',
    [
        ({'norm_mode': 'bbox'}, "found 'bbox'"),
        ({'norm_mode': 'keypoint_distance'}, 'two different points'),
        ({'failure_thresholds': (0.1, 0)}, 'positive fraction'),
        ({'auc_threshold': -1}, 'positive fraction'),
        ({'points': (98, 98)}, r'first < end, found \(98, 98\)'),
    ],
)
def test_wrong_arguments_stop_before_the_first_face(arguments, message):
    with pytest.raises(ValueError, match=message):
        FaceNME(**arguments)


def test_nothing_evaluated_is_an_error():
    with pytest.raises(ValueError, match='No face was evaluated'):
        FaceNME().evaluate(0)


def test_report_is_written(tmp_path):
    folder = tmp_path / 'a' / 'b'
    figures = evaluate(
        FaceNME(out_dir=str(folder)), [make_sample(i) for i in (0, 1, 2, 3, 4, 2)], 5
    )
    report = json.loads((folder / 'face_nme.json').read_text(encoding='utf-8'))
    assert report['protocol'] == {
        'unit': 'fractions of the normaliser',
        'norm_mode': 'inter_ocular',
        'keypoint_indices': None,
        'points': None,
        'failure_thresholds': [0.10, 0.08],
        'auc_threshold': 0.10,
        'num_keypoints': 98,
        'num_faces': 5,
        'num_faces_in_data_set': 5,
    }
    assert report['figures']['NME'] == figures['NME']
    assert report['subsets']['pose']['FR8'] == 0.5
    assert [face['image'] for face in report['faces']] == [f'images/{i}.jpg' for i in range(5)]
    assert [face['error'] for face in report['faces']] == pytest.approx(ERRORS)
    assert (folder / 'curve.png').stat().st_size > 0
    assert (folder / 'faces.jpg').stat().st_size > 0


class Numbers(Dataset):
    """The numbers of the five faces, as images."""

    metainfo = {}

    def __len__(self):
        return len(ERRORS)

    def __getitem__(self, i):
        return {'inputs': torch.tensor([float(i)])}


class WorseAndWorse(BaseModel):
    """Predicts all faces with an error that grows with every validation."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.validations = 0

    def forward(self, inputs, mode='tensor', **kwargs):
        if mode == 'loss':
            return {'loss': (self.weight * inputs[0]).sum()}
        samples = [make_sample(int(i)) for i in torch.stack(inputs)[:, 0]]
        for sample in samples:
            gt, pred = sample.gt_instances.keypoints, sample.pred_instances.keypoints
            sample.pred_instances.keypoints = gt + (1 + self.validations) * (pred - gt)
        self.validations += len(samples) == 1  # the last batch of two, two, one
        return samples


def test_best_checkpoint_by_nme(tmp_path):
    loader = {
        'batch_size': 2,
        'num_workers': 0,
        'sampler': {'type': 'DefaultSampler', 'shuffle': False},
        'collate_fn': {'type': 'pseudo_collate'},
    }
    checkpoint = {'type': 'CheckpointHook', 'save_best': 'NME', 'rule': 'less'}
    runner = Runner(
        WorseAndWorse(),
        str(tmp_path),
        train_dataloader={**loader, 'dataset': Numbers()},
        val_dataloader={**loader, 'dataset': Numbers()},
        train_cfg={'by_epoch': True, 'max_epochs': 2, 'val_interval': 1},
        val_cfg={},
        val_evaluator=Evaluator([FaceNME()]),
        optim_wrapper={'optimizer': {'type': 'SGD', 'lr': 0.0}},
        default_hooks={'checkpoint': checkpoint},
        experiment_name='best_checkpoint_by_nme',
        cfg=Config(),
    )
    runner.train()
    assert [path.name for path in tmp_path.glob('best*')] == ['best_NME_epoch_1.pth']
    assert runner.message_hub.get_info('best_score') == pytest.approx(ERRORS.mean())
    assert runner.message_hub.get_scalar('val/NME/pose').current() == pytest.approx(0.11)


def evaluate_in_one_of_two_processes(folder, rank):
    """Five faces for two processes, face 3 for both; run as this file's main program."""
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2
    )
    mine = ((3, 0, 1), (3, 2, 4))[rank]
    metric = FaceNME(collect_dir=f'{folder}/parts')
    figures = evaluate(metric, [make_sample(i) for i in mine], size=5)
    print(f'FIGURES {json.dumps(figures)}', flush=True)
    torch.distributed.barrier()  # who leaves while the other still talks to it aborts now and then
    torch.distributed.destroy_process_group()


def test_two_processes_give_the_figures_of_one(tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, '-W', 'ignore', __file__, str(tmp_path), str(rank)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
        )
        for rank in (0, 1)
    ]
    one = evaluate(FaceNME(), [make_sample(i) for i in range(5)])
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        two = json.loads(output.split('FIGURES ')[1])
        assert two == pytest.approx(one, rel=1e-12)


if __name__ == '__main__':
    evaluate_in_one_of_two_processes(sys.argv[1], int(sys.argv[2]))
