import pytest
import torch
from helpers.lively import build_lively, soft_images

from pfld_mm.deploy.deployed_network import DeployedNetwork

SMALL = dict(width_factor=0.25, input_size=(64, 48))


def trained(mean, std, bgr_to_rgb=True):
    model = build_lively('ghostnet', num_keypoints=7, **SMALL)
    preprocessor = model.data_preprocessor
    preprocessor.mean.copy_(torch.tensor(mean).reshape(-1, 1, 1))
    preprocessor.std.copy_(torch.tensor(std).reshape(-1, 1, 1))
    preprocessor._channel_conversion = bgr_to_rgb
    return model


def expected(model, raw):
    preprocessor = model.data_preprocessor
    x = raw.flip(1) if preprocessor._channel_conversion else raw
    with torch.no_grad():
        return model((x - preprocessor.mean) / preprocessor.std, None, mode='tensor')


@pytest.mark.parametrize('bgr_to_rgb', [True, False])
@pytest.mark.parametrize(
    'mean', [[0.0, 0.0, 0.0], [123.675, 116.28, 103.53]], ids=['no mean', 'mean']
)
def test_the_preprocessor_folds_exactly_along_the_border_too(mean, bgr_to_rgb):
    model = trained(mean, [58.4, 57.1, 57.4], bgr_to_rgb)
    raw = soft_images(2, (64, 48)) * 255
    network = DeployedNetwork(model, (64, 48))
    torch.testing.assert_close(network(raw), expected(model, raw), atol=1e-5, rtol=0)


def test_a_mean_in_the_bias_would_be_wrong_along_the_border():
    model = trained([123.675, 116.28, 103.53], [58.4, 57.1, 57.4], bgr_to_rgb=False)
    raw = soft_images(1, (64, 48)) * 255
    network = DeployedNetwork(model, (64, 48))
    stem = network.backbone.conv1.conv
    with torch.no_grad():
        stem.bias -= (stem.weight * network.shift).sum(dim=(1, 2, 3))
    network.shift = None
    assert (network(raw) - expected(model, raw)).abs().max() * 64 > 0.01


def test_without_folding_it_takes_what_the_preprocessor_gives():
    model = trained([1.0, 2.0, 3.0], [255.0] * 3)
    network = DeployedNetwork(model, (64, 48), fold_preprocessing=False)
    x = torch.rand(1, 3, 48, 64)
    with torch.no_grad():
        wanted = model(x, None, mode='tensor')
    torch.testing.assert_close(network(x), wanted, atol=1e-5, rtol=0)
    assert network.color_order == 'RGB'
    assert network.mean == [1.0, 2.0, 3.0]
    assert network.std == [255.0] * 3


def test_nothing_of_training_is_left():
    network = DeployedNetwork(build_lively('ghostone', num_keypoints=7, **SMALL), (64, 48))
    kinds = {type(module).__name__ for module in network.modules()}
    assert not kinds & {'BatchNorm2d', 'Dropout', 'PoseBranch'}
    assert not any(module.training for module in network.modules())


def test_the_stem_is_found_behind_a_squeeze_excite():
    model = build_lively('ghostone', num_keypoints=7, use_se=True, num_conv_branches=1, **SMALL)
    raw = soft_images(1, (64, 48)) * 255
    torch.testing.assert_close(
        DeployedNetwork(model, (64, 48))(raw), expected(model, raw), atol=1e-5, rtol=0
    )


def test_a_wrong_input_size_is_named():
    with pytest.raises(ValueError, match=r'\(16, 16\).*input_size'):
        DeployedNetwork(build_lively('pfld', width_factor=0.25), (16, 16))
