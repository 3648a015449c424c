import numpy as np
import pytest
import torch
import yaml
from helpers.runs import ROOT
from mmpose.apis import inference_topdown, init_model, visualize

from pfld_mm.datasets.face.pseudo_label_face import PseudoLabelFace

CONFIG = str(ROOT / 'configs/pfld_ghostone_finetune.py')
MODELS = yaml.safe_load((ROOT / 'model-index.yml').read_text())['Models']
SHIPPED = {model['Config']: model['Weights'] for model in MODELS if 'Weights' in model}


@pytest.mark.parametrize('config', SHIPPED)
def test_init_model_opens_every_shipped_checkpoint(config):
    file = ROOT / SHIPPED[config]
    model = init_model(str(ROOT / config), str(file), device='cpu')
    assert not model.training
    loaded, shipped = model.state_dict(), torch.load(file, weights_only=True)['state_dict']
    for name, value in shipped.items():
        torch.testing.assert_close(loaded[name], value, check_dtype=False, rtol=0, atol=0)


def test_init_model_inference_topdown_and_visualize(checkpoint, face):
    image, points = face
    model = init_model(CONFIG, checkpoint, device='cpu')
    assert model.dataset_meta['num_keypoints'] == 98
    box = [*points.min(0), *points.max(0)]
    found = inference_topdown(model, image, [box])[0].pred_instances
    assert np.abs(found.keypoints[0] - points).mean() < 3
    drawn = visualize(
        image,
        found.keypoints,
        found.keypoint_scores,
        metainfo=PseudoLabelFace.METAINFO,
        show=False,
    )
    width = image.shape[1]  # labels, of which there are none, beside the prediction
    assert drawn.shape == (image.shape[0], 2 * width, 3)
    changed = np.abs(drawn[:, width:].astype(int) - image[..., ::-1]).max(-1) > 40
    assert 98 <= changed.sum() < 98 * 60
