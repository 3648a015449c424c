import pytest
import torch
import torch.nn.functional as F

import pfld_mm.compat  # noqa: F401
from pfld_mm.models.heads.center_offset_angle_head import CenterOffsetAngleHead
from pfld_mm.models.heads.piece_matcher import GRID, MIN_SCORE_SUM, STEP, PieceMatcher


def peak(row, column, score=1.0):
    piece = torch.zeros(1, 1, 8, 16)
    piece[0, 0, row, column] = score
    return piece


def test_at_first_it_adds_nothing():
    x = torch.randn(2, 16, 8, 16)
    assert not PieceMatcher(16, 4)(x, torch.rand(2, 1, 8, 16)).any()


def test_a_head_goes_on_from_one_without_it():
    """The shipped weights of the plain form load, and answer as they did."""
    plain = CenterOffsetAngleHead(16, 8, shared=True).eval()
    matched = CenterOffsetAngleHead(16, 8, shared=True, match_channels=4).eval()
    missing = matched.load_state_dict(plain.state_dict(), strict=False)
    assert not missing.unexpected_keys
    assert {key.split('.')[0] for key in missing.missing_keys} == {'matcher'}
    feats = (torch.randn(2, 16, 8, 16),)
    torch.testing.assert_close(matched(feats), plain(feats))


def test_it_is_a_correlation_with_what_surrounds_the_piece():
    """Written out place by place, for a piece in one cell."""
    torch.manual_seed(0)
    matcher = PieceMatcher(16, 4)
    torch.nn.init.normal_(matcher.query[-1].weight)
    x = torch.randn(1, 16, 24, 40)
    piece = torch.zeros(1, 1, 24, 40)
    piece[0, 0, 11, 14] = 1
    steps = [STEP * (i - GRID // 2) for i in range(GRID)]
    keys = F.pad(matcher.key(x), [2 * STEP * 2] * 4)
    expected = torch.zeros(24, 40)
    for dy in steps:
        for dx in steps:
            query = matcher.query(x[:, :, 11 + dy, 14 + dx, None, None] / (1 + MIN_SCORE_SUM))
            there = keys[..., 20 + dy : 44 + dy, 20 + dx : 60 + dx]
            expected += (there * query)[0].sum(0) / (4 * GRID**2) ** 0.5
    torch.testing.assert_close(matcher(x, piece)[0, 0], expected, atol=1e-4, rtol=1e-4)
    assert expected.std() > 0.01


def test_faint_score_counts_little():
    """Under an image without a piece the query is that of empty features."""
    torch.manual_seed(0)
    matcher = PieceMatcher(16, 4)
    torch.nn.init.normal_(matcher.query[-1].weight)
    x = torch.randn(1, 16, 8, 16)
    empty = matcher(x, torch.zeros(1, 1, 8, 16))
    faint = (matcher(x, peak(2, 5, 0.1)) - empty).abs().max()
    sure = (matcher(x, peak(2, 5, 0.9)) - empty).abs().max()
    assert faint < 0.05 * sure


def test_the_gap_does_not_move_the_piece():
    matcher = PieceMatcher(16, 4)
    torch.nn.init.normal_(matcher.query[-1].weight)
    piece = torch.rand(1, 1, 8, 16, requires_grad=True)
    x = torch.randn(1, 16, 8, 16, requires_grad=True)
    matcher(x, piece).sum().backward()
    assert piece.grad is None
    assert x.grad.abs().max() > 0


def test_no_piece_is_seen_in_the_padding():
    """What stands under the letterbox, out of reach, changes no answer in the image."""
    torch.manual_seed(0)
    model = CenterOffsetAngleHead(16, 8, shared=True, match_channels=4).eval()
    torch.nn.init.normal_(model.matcher.query[-1].weight)
    x, mask = torch.randn(1, 16, 8, 48), torch.ones(1, 1, 32, 192)
    mask[..., 4 * 20 :] = 0
    other = x.clone()
    other[..., 20 + GRID // 2 * STEP :] = 9 * torch.randn(1, 16, 8, 18)  # out of the kernel's reach
    a, b = (model((maps,), mask) for maps in (x, other))
    torch.testing.assert_close(a[..., :20], b[..., :20])


@pytest.mark.parametrize('distance', [14, 31])
def test_it_learns_to_find_its_like(distance):
    """Of two gaps the one with the piece's parts in their places is the answer."""
    torch.manual_seed(0)
    matcher = PieceMatcher(4, 8)
    optimizer = torch.optim.Adam(matcher.parameters(), lr=0.02)

    def puzzles(number):
        x = torch.zeros(number, 4, 11, 64)
        for one in x:
            shape, other = torch.randint(0, 4, (2, 2, 3))
            other[0, 0] = (shape[0, 0] + 1) % 4
            for column, parts in ((7, shape), (7 + distance, shape), (54, other)):
                for i, j in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)):
                    one[parts[i, j], 3 + STEP * i, column + STEP * (j - 1)] = 1
        piece = torch.zeros(number, 1, 11, 64)
        piece[:, 0, 3, 7] = 1
        return x, piece

    for _ in range(120):
        logits = matcher(*puzzles(32))[:, 0, 3]
        pair = logits[:, [7 + distance, 54]]
        loss = F.cross_entropy(pair, torch.zeros(32, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    logits = matcher(*puzzles(64))[:, 0, 3]
    assert (logits[:, 7 + distance] > logits[:, 54]).float().mean() > 0.95
