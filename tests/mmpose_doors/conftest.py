import shutil

import cv2
import numpy as np
import pytest
import torch
from helpers.runs import ROOT

from pfld_mm.checkpoints.publish import write_checkpoint
from pfld_mm.engine.config import load_config
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

SHIPPED = ROOT / 'pfld_mm/runtime/models'


@pytest.fixture(scope='session')
def face() -> tuple[np.ndarray, np.ndarray]:
    """A drawn face (H, W, 3) BGR and its points (98, 2)."""
    return render_face(sample_face(3, 'test', 0))


@pytest.fixture
def face_file(face, tmp_path) -> str:
    cv2.imwrite(str(tmp_path / 'face.png'), face[0])
    return str(tmp_path / 'face.png')


@pytest.fixture(params=['as shipped', 'published again', 'without dataset_meta'])
def checkpoint(request, tmp_path) -> str:
    """The default model's checkpoint, with and without mmpose's dataset_meta."""
    source = SHIPPED / 'pfld_ghostone_98/checkpoint.pth'
    target = tmp_path / 'checkpoint.pth'
    if request.param == 'as shipped':
        shutil.copy(source, target)
        return str(target)
    state_dict = torch.load(source, weights_only=True)['state_dict']
    if request.param == 'published again':
        write_checkpoint(target, state_dict, load_config(CONFIG))
    else:
        torch.save(dict(state_dict=state_dict, meta=dict(dataset_meta=None)), target)
    return str(target)


CONFIG = str(ROOT / 'configs/pfld_ghostone_finetune.py')
