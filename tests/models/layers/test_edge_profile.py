import pytest
import torch

from pfld_mm.models.layers.edge_profile import EdgeProfile


@pytest.mark.parametrize('pooled_dim', [2, 3])
def test_a_profile_is_along_one_axis(pooled_dim):
    """What lies where along the pooled axis changes nothing; along the other it does."""
    torch.manual_seed(0)
    model = EdgeProfile(3, 8, bins=16).eval()
    x, context = torch.randn(2, 3, 16, 16), torch.randn(2, 8)
    logits = model(x, context, pooled_dim)
    assert logits.shape == (2, 4, 16)
    torch.testing.assert_close(model(x.roll(3, pooled_dim), context, pooled_dim), logits)
    other = 5 - pooled_dim
    moved = model(x.roll(3, other), context, pooled_dim)
    torch.testing.assert_close(moved[..., 8:-5], logits[..., 5:-8])  # away from the borders
    assert not torch.allclose(moved, logits)


def test_the_context_counts():
    torch.manual_seed(0)
    model, x = EdgeProfile(3, 8, bins=16).eval(), torch.randn(1, 3, 16, 16)
    one, other = (model(x, context, 2) for context in (torch.zeros(1, 8), torch.ones(1, 8)))
    assert not torch.allclose(one, other)
