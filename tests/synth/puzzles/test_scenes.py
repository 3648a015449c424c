import numpy as np
import pytest

from pfld_mm.synth.puzzles import scenes
from pfld_mm.synth.puzzles.scenes import random_scene

KINDS = ('_landscape', '_still_life', '_pile', '_facade', '_texture', '_strokes', '_lights')


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_of_scene_has_structure_and_differs_by_its_seed(kind):
    make = getattr(scenes, kind)
    one, same, other = (make(np.random.default_rng(seed), 96, 48) for seed in (0, 0, 1))
    assert one.shape == (48, 96, 3) and one.dtype == np.float32
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.std() > 2


@pytest.mark.parametrize('size', [(130, 100), (320, 160)])
def test_a_background_is_an_image_of_the_size_asked_for(size):
    for seed in range(6):
        image = random_scene(np.random.default_rng(seed), *size)
        assert image.shape == (size[1], size[0], 3) and image.dtype == np.uint8
        assert image.std() > 2
