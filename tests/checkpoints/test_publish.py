import pytest
import torch
from helpers.liven import liven
from helpers.networks import build

from pfld_mm.checkpoints.publish import in_half, slice_keypoints


@pytest.mark.parametrize(('first', 'count'), [(0, 98), (98, 68)])
def test_the_parts_are_the_whole_models_points(first, count):
    options = dict(width_factor=0.125, num_conv_branches=2)
    whole = build('ghostone', num_keypoints=166, **options)
    liven(whole)
    part = build('ghostone', num_keypoints=count, **options)
    part.load_state_dict(slice_keypoints(whole.state_dict(), first, count), strict=True)
    image = torch.rand(2, 3, 112, 112)
    with torch.no_grad():
        expected = whole.eval()(image, None)[:, first : first + count]
        torch.testing.assert_close(part.eval()(image, None), expected)


@pytest.mark.parametrize(('first', 'count'), [(-1, 3), (4, 2), (0, 0)])
def test_points_that_are_not_there(first, count):
    with pytest.raises(ValueError, match='the model has 5 points'):
        slice_keypoints({'head.fc.weight': torch.zeros(10, 4)}, first, count)


def test_another_kind_of_model():
    with pytest.raises(ValueError, match=r'PFLDHead, found no head\.fc\.weight'):
        slice_keypoints({'head.conv.weight': torch.zeros(10, 4)}, 0, 1)


def test_branches_for_training_stay_behind():
    state = {'head.fc.weight': torch.zeros(4, 2), 'head.fc.bias': torch.zeros(4), 'head.x': 1}
    assert set(slice_keypoints(state, 0, 1)) == {'head.fc.weight', 'head.fc.bias'}


def test_half_is_half_and_loads_into_a_model():
    linear = torch.nn.Linear(3, 2)
    state = dict(linear.state_dict(), large=torch.tensor([1e6]), count=torch.tensor(3))
    halved = in_half(state)
    assert halved['weight'].dtype == torch.float16
    assert halved['large'].dtype == torch.float32 and halved['count'].dtype == torch.int64
    other = torch.nn.Linear(3, 2)
    other.load_state_dict({name: halved[name] for name in ('weight', 'bias')})
    assert other.weight.dtype == torch.float32
    assert torch.allclose(other.weight, linear.weight, rtol=1e-3)
