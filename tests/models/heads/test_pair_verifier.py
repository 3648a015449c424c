import pytest
import torch

import pfld_mm.compat  # noqa: F401
from pfld_mm.core.slider.pair_verdict import PAIR_OUTPUTS
from pfld_mm.models.heads.pair_verifier import PairVerifier

SQUARE = 160


def verifier(**kwargs):
    torch.manual_seed(0)
    return PairVerifier((8, 8, 8, 8), hidden_channels=8, **kwargs)


def blocks(count):
    """Bright rectangles on dark ground, the gap's of the piece's size or of half of it."""
    generator = torch.Generator().manual_seed(1)
    squares = torch.zeros(count, 6, SQUARE, SQUARE)
    boxes, matches = torch.empty(count, 8), torch.arange(count) % 2.0
    masks = torch.zeros(count, 2, SQUARE // 2, SQUARE // 2)
    for k in range(count):
        side = 48 if matches[k] else 24
        for place, length in ((0, 48), (4, side)):
            x, y = (2 * torch.randint(2, SQUARE // 2 - 30, (2,), generator=generator)).tolist()
            first = 3 * (place > 0)
            rows, columns = (slice(low // 2, (low + length) // 2) for low in (y, x))
            masks[k, place // 4, rows, columns] = 255
            squares[k, first : first + 3, y : y + length, x : x + length] = 1
            boxes[k, place : place + 4] = torch.tensor([x, y, x + length, y + length])
    ones = torch.ones(count)
    labels = dict(boxes=boxes, box_weights=torch.ones(count, 8), masks=masks, matches=matches)
    labels |= dict(match_weights=ones, angles=0.1 * matches, angle_weights=ones)
    return squares, labels


def test_answer():
    answer = verifier().eval()(torch.rand(3, 6, SQUARE, SQUARE))
    assert answer.shape == (3, len(PAIR_OUTPUTS))
    assert (answer[:, :8] > 0).all() and (answer[:, :8] < SQUARE).all()


@pytest.mark.parametrize('size', [64, 128])
def test_other_sizes(size):
    answer = verifier(square_size=size).eval()(torch.rand(1, 6, size, size))
    assert (answer[:, :8] > 0).all() and (answer[:, :8] < size).all()


def test_an_odd_size_is_refused():
    with pytest.raises(ValueError, match='multiple of 16, found 100'):
        verifier(square_size=100)


def test_it_learns_edges_and_matches():
    """A tiny one, in seconds: what is where, and whether both are of one size."""
    model, (squares, labels) = verifier().train(), blocks(24)
    optimiser = torch.optim.AdamW(model.parameters(), 1e-2)
    for _ in range(60):
        optimiser.zero_grad()
        sum(model.loss(squares, labels).values()).backward()
        optimiser.step()
    answer = model(squares)
    assert (answer[:, :8] - labels['boxes']).abs().mean() < 4
    assert ((answer[:, 8] > 0) == labels['matches'].bool()).float().mean() > 0.9


def test_an_edge_is_never_between_two_that_come_into_question():
    """The mean of the whole distribution would be 80."""
    logits = torch.full((1, 8, 80), -20.0)
    logits[..., [19, 59]] = torch.tensor([1.0, 0.9])
    logits[..., 20] = 1.0
    torch.testing.assert_close(verifier()._edges(logits), torch.full((1, 8), 40.0))


def test_bins_that_are_equally_probable_do_not_raise_the_gradient():
    """Ties are common under bfloat16. The position is a mean of bins, so that moving one logit by
    1 moves it by less than the window's width."""
    logits = torch.full((1, 8, 80), -20.0)
    logits[..., [19, 20, 59]] = 1.0
    logits.requires_grad_()
    verifier()._edges(logits).sum().backward()
    assert 0 < logits.grad.abs().max() < SQUARE


def test_masks_are_learnt():
    model, (squares, labels) = verifier().train(), blocks(24)
    optimiser = torch.optim.AdamW(model.parameters(), 1e-2)
    for _ in range(40):
        optimiser.zero_grad()
        model.loss(squares, labels)['loss_masks'].backward()
        optimiser.step()
    inside = model._raw(squares)[3] > 0
    assert (inside == (labels['masks'] > 0)).float().mean() > 0.98


def test_deployed_it_answers_the_same():
    model, (squares, labels) = verifier().train(), blocks(8)
    model.loss(squares, labels)  # other running statistics than those of the start
    expected = model.eval()(squares)
    count = sum(p.numel() for p in model.parameters())
    for _ in range(2):
        for module in model.modules():
            if hasattr(module, 'switch_to_deploy'):
                module.switch_to_deploy()
    torch.testing.assert_close(model(squares), expected, atol=1e-3, rtol=1e-4)
    assert sum(p.numel() for p in model.parameters()) < count


@pytest.mark.parametrize(
    ('label', 'silent'),
    [
        ('box_weights', {'loss_edges', 'loss_edges_l1', 'loss_masks'}),
        ('match_weights', {'loss_match'}),
        ('angle_weights', {'loss_pair_angle'}),
    ],
)
def test_what_is_not_labelled_adds_nothing(label, silent):
    model, (squares, labels) = verifier().train(), blocks(4)
    labels[label] = torch.zeros_like(labels[label])
    losses = model.loss(squares, labels)
    sum(losses.values()).backward()
    assert {name for name, value in losses.items() if value.item() == 0} == silent
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_losses_by_hand():
    """Of the answer itself: mean distance of the edges, cross-entropy, smooth L1."""
    model, (squares, labels) = verifier().eval(), blocks(4)
    answer, losses = model(squares), model.loss(squares, labels)
    away = (answer[:, :8] - labels['boxes']).abs().clamp(max=20).mean()
    assert losses['loss_edges_l1'].item() == pytest.approx(0.1 * away.item(), rel=1e-4)
    logits = model._raw(squares)[3]
    sign = 2 * labels['masks'] / 255 - 1
    expected = 4 * torch.nn.functional.softplus(-sign * logits).mean()
    assert losses['loss_masks'].item() == pytest.approx(expected.item(), rel=1e-4)
    sign = 2 * labels['matches'] - 1
    expected = torch.nn.functional.softplus(-sign * answer[:, 8]).mean()
    assert losses['loss_match'].item() == pytest.approx(expected.item(), rel=1e-4)
    d = (answer[:, 9] - labels['angles']).abs()
    expected = 3 * torch.where(d < 0.05, d**2 / 0.1, d - 0.025).mean()
    assert losses['loss_pair_angle'].item() == pytest.approx(expected.item(), rel=1e-4)


def test_losses_are_float32_under_autocast():
    model, (squares, labels) = verifier().train(), blocks(4)
    with torch.autocast('cpu', torch.bfloat16):
        losses = model.loss(squares, labels)
    assert {value.dtype for value in losses.values()} == {torch.float32}
    sum(losses.values()).backward()
