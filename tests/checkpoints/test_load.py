import pytest
import torch
from helpers.networks import build

from pfld_mm.checkpoints.load import check_fits


def save(model, path):
    torch.save(dict(state_dict=model.state_dict()), path)
    return str(path)


def test_its_own_checkpoint_fits_with_and_without_the_prefix_of_ddp(tmp_path):
    model = build('ghostnet', width_factor=0.25)
    check_fits(model, save(model, tmp_path / 'own.pth'))
    wrapped = {f'module.{key}': value for key, value in model.state_dict().items()}
    torch.save(wrapped, tmp_path / 'wrapped.pth')
    check_fits(model, str(tmp_path / 'wrapped.pth'))


def test_more_than_the_model_has_is_allowed(tmp_path):
    model = build('ghostnet', width_factor=0.25)
    state = {**model.state_dict(), 'head.pose_branch.fc.weight': torch.zeros(3)}
    torch.save(dict(state_dict=state), tmp_path / 'more.pth')
    check_fits(model, str(tmp_path / 'more.pth'))


def test_another_number_of_points_is_named(tmp_path):
    path = save(build('ghostnet', num_keypoints=68, width_factor=0.25), tmp_path / 'points.pth')
    with pytest.raises(ValueError, match=r'2 have another shape.*head\.fc\.weight.*136.*196'):
        check_fits(build('ghostnet', width_factor=0.25), path)


def test_a_deployed_checkpoint_is_recognised(tmp_path):
    model = build('ghostone', width_factor=0.25)
    model.switch_to_deploy()
    path = save(model, tmp_path / 'deployed.pth')
    with pytest.raises(ValueError, match='it is in deployed form: set model'):
        check_fits(build('ghostone', width_factor=0.25), path)
