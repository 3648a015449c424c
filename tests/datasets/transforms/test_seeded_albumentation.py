import numpy as np
import pytest

from pfld_mm.datasets.transforms.seeded_albumentation import SeededAlbumentation

IMAGE = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
ALL = [
    dict(type='ColorJitter', p=0.5),
    dict(type='OneOf', transforms=[dict(type='GaussianBlur'), dict(type='MotionBlur')], p=0.5),
    dict(type='GaussNoise', p=0.5),
    dict(type='ImageCompression', quality_range=(30, 90), p=0.5),
    dict(type='CoarseDropout', fill='random_uniform', p=0.5),
]


def augmented(transform: SeededAlbumentation, seed: int) -> np.ndarray:
    np.random.seed(seed)
    return transform(dict(img=IMAGE.copy()))['img']


def test_numpys_global_state_decides():
    first, second = SeededAlbumentation(ALL), SeededAlbumentation(ALL)
    for seed in range(12):
        a = augmented(first, seed)
        np.testing.assert_array_equal(a, augmented(second, seed))
        np.testing.assert_array_equal(a, augmented(first, seed))
        assert a.shape == IMAGE.shape and a.dtype == np.uint8
    assert len({augmented(first, seed).tobytes() for seed in range(30)}) > 20


def test_transforms_do_not_share_their_draws():
    """One generator for all: two equal transforms in a row act independently."""
    one = SeededAlbumentation([dict(type='CoarseDropout', fill=7, p=1.0)])
    two = SeededAlbumentation([dict(type='CoarseDropout', fill=7, p=1.0)] * 2)
    holes = [(augmented(t, 5) == 7).all(-1).sum() for t in (one, two)]
    assert holes[1] > holes[0]


def test_next_sample_is_another_one():
    transform = SeededAlbumentation([dict(type='GaussNoise', p=1.0)])
    np.random.seed(0)
    images = [transform(dict(img=IMAGE.copy()))['img'] for _ in range(2)]
    assert (images[0] != images[1]).any()


def test_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="has no transform 'GaussianBlurr'"):
        SeededAlbumentation([dict(type='GaussianBlurr')])
