"""The converter, against the seed's own code."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from helpers.liven import liven
from helpers.networks import build
from helpers.public_networks import PublicNetwork

from pfld_mm.checkpoints.convert import from_public

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(('name', 'width'), [('ghostnet', 1), ('ghostone', 1), ('ghostnet', 0.3)])
def test_the_same_points_from_the_seeds_network(name, width):
    theirs = PublicNetwork(name == 'ghostone', width, points=68).double()
    liven(theirs)
    ours = build(name, num_keypoints=68, width_factor=width).double()
    ours.load_state_dict(from_public(theirs.state_dict()), strict=True)
    rgb = torch.rand(2, 3, 112, 112, dtype=torch.float64)
    with torch.no_grad():
        expected = theirs.eval()(rgb.flip(1)).reshape(2, 68, 2)  # they see BGR
        torch.testing.assert_close(ours(rgb, None), expected, rtol=1e-9, atol=1e-10)
        assert (ours(rgb.flip(1), None) - expected).abs().max() > 1e-6


@pytest.mark.parametrize('name', ['ghostnet', 'ghostone'])
def test_the_same_training_outputs(name):
    theirs = PublicNetwork(name == 'ghostone', 0.25).double()
    ours = build(name, width_factor=0.25).double()
    ours.load_state_dict(from_public(theirs.state_dict(), bgr=False), strict=True)
    x = torch.rand(4, 3, 112, 112, dtype=torch.float64)
    expected = theirs.train()(x).reshape(4, 98, 2)
    torch.testing.assert_close(ours.train()(x, None), expected, rtol=1e-9, atol=1e-10)


def test_a_foreign_name_is_named():
    with pytest.raises(ValueError, match=r"'layer1\.0\.weight' is not a name of the public"):
        from_public({'layer1.0.weight': torch.zeros(1)})


def run_tool(*arguments):
    return subprocess.run(
        [sys.executable, 'tools/convert_checkpoint.py', *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tool_writes_a_checkpoint_and_refuses_a_wrong_one(tmp_path):
    source, target = tmp_path / 'theirs.pth', tmp_path / 'ours.pth'
    torch.save(dict(state_dict=PublicNetwork(ghostone=False).state_dict()), source)
    done = run_tool('configs/pfld_ghostnet_wflw.py', source, target)
    assert done.returncode == 0, done.stderr
    assert 'head.fc.weight' in torch.load(target, weights_only=True)['state_dict']
    wrong = run_tool('configs/pfld_ghostone_wflw.py', source, target)
    assert wrong.returncode == 1
    assert 'does not fit configs/pfld_ghostone_wflw.py' in wrong.stderr
