from __future__ import annotations

import random
from collections.abc import Sequence

import albumentations
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class SeededAlbumentation(BaseTransform):
    """Pixel transforms of albumentations 2 on ``img``, drawn from numpy's global state.

    MMPose's ``Albumentation`` fails with albumentations 2 and leaves it a random state of its
    own, which neither seeds nor resuming reach. Here each sample takes one seed from
    ``numpy.random``, so the dataset's (seed, epoch, index) decides.

    Points are not moved: use color, blur, noise, compression, occlusion; not geometry.

    Args:
        transforms: configs ``dict(type=name in albumentations, ...)``; ``OneOf`` and the like
            take a nested ``transforms``.

    Raises:
        ValueError: if albumentations has no such transform.
    """

    def __init__(self, transforms: Sequence[dict]) -> None:
        self.transforms = list(transforms)
        self.compose = albumentations.Compose([_build(config) for config in transforms])

    def transform(self, results: dict) -> dict:
        """Replace ``img`` (H, W, 3) uint8 by its augmented version."""
        seed = int(np.random.randint(2**32, dtype=np.uint64))
        self.compose.set_random_state(np.random.default_rng(seed), random.Random(seed))
        results['img'] = self.compose(image=results['img'])['image']
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(transforms={self.transforms})'


def _build(config: dict) -> albumentations.BasicTransform:
    """The albumentations object that a config describes."""
    arguments = dict(config)
    name = arguments.pop('type')
    transform = getattr(albumentations, name, None)
    if transform is None:
        raise ValueError(
            f'albumentations {albumentations.__version__} has no transform {name!r}; '
            'see https://albumentations.ai/docs for the names'
        )
    if 'transforms' in arguments:
        arguments['transforms'] = [_build(inner) for inner in arguments['transforms']]
    return transform(**arguments)
