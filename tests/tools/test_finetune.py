"""A public deployed file in, a fine-tuned model of one's own points out, by README's commands."""

import numpy as np
import onnx
import pytest
from helpers.lively import build_lively
from helpers.runs import ROOT, command_line, tool

from pfld_mm.deploy.deployed_network import DeployedNetwork
from pfld_mm.deploy.export_onnx import export_onnx
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

FIVE = [96, 97, 54, 76, 82]


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    """Drawn faces with five points each, as .pts files beside the images."""
    import cv2

    root = tmp_path_factory.mktemp('five')
    for part, count in (('train', 24), ('test', 8)):
        (root / part).mkdir()
        for index in range(count):
            image, points = render_face(sample_face(0, part, index))
            cv2.imwrite(str(root / part / f'{index}.jpg'), image)
            lines = [f'{x:.2f} {y:.2f}' for x, y in np.asarray(points)[FIVE]]
            (root / part / f'{index}.pts').write_text('\n'.join(lines) + '\n')
    return root


def test_from_the_public_file_to_a_model_of_five_points(faces, tmp_path):
    public = build_lively('ghostone', 98, width_factor=0.125)
    network = DeployedNetwork(public, (112, 112), fold_preprocessing=False)
    onnx.save(export_onnx(network, network.input_shape), tmp_path / 'public.onnx')
    config = tmp_path / 'five.py'
    config.write_text(f"""
_base_ = '{(ROOT / 'configs/pfld_ghostone_300w.py').as_posix()}'
data = dict(
    data_root={str(faces)!r},
    one_based=False,
    metainfo=dict(dataset_name='five', num_keypoints=5, flip_pairs=[(0, 1), (3, 4)]),
)
data_root = {str(faces)!r}
train_dataloader = dict(batch_size=8, num_workers=0, persistent_workers=False,
                        dataset=dict(folders=['train'], **data))
val_dataloader = dict(num_workers=0, persistent_workers=False,
                      dataset=dict(folders=['train'], **data))
test_dataloader = dict(num_workers=0, persistent_workers=False,
                       dataset=dict(folders=['test'], **data))
val_evaluator = dict(norm_mode='keypoint_distance', keypoint_indices=(0, 1))
test_evaluator = dict(norm_mode='keypoint_distance', keypoint_indices=(0, 1))
model = dict(
    backbone=dict(inference_mode=True, width_factor=0.125),
    head=dict(num_keypoints=5, in_channels={public.head.in_channels}),
)
train_cfg = dict(max_epochs=2, val_interval=1)
""")
    start = tmp_path / 'public.pth'
    done = tool('convert_checkpoint', config, tmp_path / 'public.onnx', start, '--rgb')
    assert done.returncode == 0, done.stdout
    done = tool(
        'train', config, '--work-dir', tmp_path / 'run', *command_line({'load_from': start})
    )
    assert done.returncode == 0, done.stdout
    checkpoint = tmp_path / 'run' / 'epoch_2.pth'
    done = tool('test', config, checkpoint, '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stdout
    assert 'NME' in done.stdout
