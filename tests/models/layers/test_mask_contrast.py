import torch

from pfld_mm.models.layers.mask_contrast import PARTS, RIM, mask_contrast

SIDE = 40
SQUARE = slice(12, 28)


def square_mask():
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[..., SQUARE, SQUARE] = 1
    return mask


def parts(x, masks):
    found = mask_contrast(x, masks).reshape(len(x), PARTS, masks.shape[1], x.shape[1])
    return found.permute(0, 3, 1, 2)


def test_means_by_hand():
    """Inside, on the outline (none: the mask is not soft), just inside, just outside."""
    mask, x = square_mask(), torch.rand(1, 3, SIDE, SIDE)
    found = parts(x, mask)[..., 0]
    core = torch.zeros_like(mask)
    core[..., 12 + RIM : 28 - RIM, 12 + RIM : 28 - RIM] = 1
    around = torch.zeros_like(mask)
    around[..., 12 - RIM : 28 + RIM, 12 - RIM : 28 + RIM] = 1
    for part, weight in ((0, mask), (2, mask - core), (3, around - mask)):
        expected = (x * weight).sum((2, 3)) / (weight.sum() + 1)
        torch.testing.assert_close(found[:, :, part], expected)
    assert (found[:, :, 1] == 0).all()


def test_a_step_too_faint_for_any_pixel_shows_in_the_means():
    torch.manual_seed(0)
    noise = torch.randn(1, 1, SIDE, SIDE)
    mask = square_mask()
    inner, outer = parts(noise - 0.5 * mask, mask)[0, 0, 2:, 0]
    assert outer - inner > 0.3
    inner, outer = parts(noise, mask)[0, 0, 2:, 0]
    assert abs(outer - inner) < 0.2


def test_soft_outline_and_several_masks():
    soft = torch.full((2, 2, SIDE, SIDE), 0.5)
    found = parts(torch.ones(2, 3, SIDE, SIDE), soft)
    torch.testing.assert_close(found[:, :, 1], torch.full((2, 3, 2), 1600 / 1601))


def test_an_empty_mask_gives_zeros():
    assert (mask_contrast(torch.rand(2, 3, SIDE, SIDE), torch.zeros(2, 2, SIDE, SIDE)) == 0).all()
