import pytest
import torch
from helpers.networks import build

from pfld_mm.checkpoints.load import check_fits, check_resumable, check_start


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


def test_weights_that_are_not_finite(tmp_path):
    model = build('ghostnet', width_factor=0.25)
    model.head.fc.bias.data[0] = float('inf')
    path = save(model, tmp_path / 'diverged.pth')
    with pytest.raises(
        ValueError, match=r'1 of \d+ tensors are not finite \(first: head\.fc\.bias'
    ):
        check_fits(model, path)


def test_what_training_may_start_from(tmp_path):
    model = build('ghostnet', width_factor=0.25)
    other = build('ghostnet', num_keypoints=68, width_factor=0.25)
    total = len([k for k in model.state_dict() if not k.startswith('data_preprocessor.')])
    said = check_start(model, save(other, tmp_path / 'points.pth'))
    assert said.endswith(f': {total - 2} of the {total} tensors of the model fit')
    with pytest.raises(
        ValueError, match=r'another network: \d+ of the \d+ tensors of model\.backb'
    ):
        check_start(model, save(build('ghostnet', width_factor=0.5), tmp_path / 'wide.pth'))


@pytest.mark.parametrize('lost', ['optimizer', 'message_hub', 'meta', None])
def test_what_training_may_go_on_from(tmp_path, lost):
    model = build('ghostnet', width_factor=0.25)
    state = dict(meta=dict(epoch=1, iter=2), message_hub={}, optimizer={})
    state['state_dict'] = model.state_dict()
    state.pop(lost, None)
    torch.save(state, tmp_path / 'state.pth')
    if lost is None:
        check_resumable(model, str(tmp_path / 'state.pth'))
        return
    with pytest.raises(ValueError, match=r'set load_from=.*state\.pth instead of --resume'):
        check_resumable(model, str(tmp_path / 'state.pth'))
