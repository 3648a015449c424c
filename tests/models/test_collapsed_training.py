"""Training with collapsed branches follows the plain form until chaos parts any two runs."""

import numpy as np
import pytest
import torch
from helpers.networks import build

from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

ITERATIONS = 50
SIZE = 48


@pytest.fixture(scope='module')
def faces():
    """64 drawn faces (64, 3, 48, 48) in [0, 1] and their points (64, 98, 2), float64."""
    drawn = [render_face(sample_face(0, 'train', index, SIZE)) for index in range(64)]
    images = np.stack([image for image, _ in drawn]).transpose(0, 3, 1, 2)
    points = np.stack([points for _, points in drawn])
    return torch.tensor(images / 255.0), torch.tensor(points / SIZE).double()


def losses(faces, collapse, disturbance=0.0):
    """Losses of the first iterations with the configs' optimizer and warm-up."""
    torch.manual_seed(0)
    model = build(
        'ghostone',
        input_size=(SIZE, SIZE),
        width_factor=0.125,
        num_conv_branches=3,
        collapse=collapse,
    )
    model = model.double().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    generator = torch.Generator().manual_seed(1)
    found = []
    for iteration in range(ITERATIONS):
        chosen = torch.randint(64, (8,), generator=generator)
        x = faces[0][chosen]
        x = x + disturbance * torch.randn(x.shape, generator=generator, dtype=x.dtype)
        loss = model.head.loss_module(model(x, None), faces[1][chosen])
        optimizer.param_groups[0]['lr'] = 2e-3 * max(0.01, iteration / 200)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return np.array(found)


def test_the_first_50_iterations_agree_in_float64(faces):
    plain = losses(faces, collapse=False)
    collapsed = losses(faces, collapse=True)
    disturbed = losses(faces, collapse=False, disturbance=1e-6)
    assert plain[-5:].mean() < 0.85 * plain[:5].mean()  # it learns
    difference = np.abs(collapsed - plain) / plain
    assert difference.max() <= 1e-6
    assert difference.max() < (np.abs(disturbed - plain) / plain).max()  # it could fail
