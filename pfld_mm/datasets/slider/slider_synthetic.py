from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS

from pfld_mm.datasets.epoch_index import EpochIndex
from pfld_mm.datasets.slider.slider_dataset import SLIDER_METAINFO, slider_sample


@DATASETS.register_module()
class SliderSyntheticDataset(BaseCocoStyleDataset):
    """Slider puzzles made on the fly; epoch e, place i shows puzzle e * length + i.

    Args:
        generator: An object, or its config, with ``generator[i]``: puzzle i with the fields
            ``image`` (BGR uint8 (H, W, 3)), ``gap`` and ``piece`` (x, y) or None,
            ``angle_deg`` or None and ``decoys``, always the same for the same i.
        length: Puzzles an epoch.
        kwargs: As mmpose's BaseCocoStyleDataset takes them.

    Raises:
        ValueError: If the length is not positive.
    """

    METAINFO: dict = SLIDER_METAINFO

    def __init__(self, generator: dict | Any, length: int, **kwargs) -> None:
        if length < 1:
            raise ValueError(f'length must be positive, found {length}')
        self.generator = DATASETS.build(generator) if isinstance(generator, dict) else generator
        self.epoch_index = EpochIndex(length, kwargs.get('test_mode', False))
        super().__init__(**kwargs)

    def load_data_list(self) -> list[dict]:
        """One empty record a puzzle: everything else is made when it is asked for."""
        return [{} for _ in range(self.epoch_index.length)]

    def set_epoch(self, epoch: int | None) -> None:
        """Say which epoch (from 0) begins: each has its own puzzles."""
        self.epoch_index.set_epoch(epoch)

    def set_hard_examples(self, ids: Sequence[int]) -> None:
        """Fill the next epochs with these ``img_id``, until an empty list is given."""
        self.epoch_index.set_hard_examples(ids)

    def get_data_info(self, idx: int) -> dict:
        """Make the puzzle and its labels, see :func:`slider_sample`."""
        number = self.epoch_index[idx]
        puzzle = self.generator[number]
        sample = slider_sample(
            puzzle.image, puzzle.gap, puzzle.piece, puzzle.angle_deg, puzzle.decoys
        )
        info = dict(id=number, img_id=number, img_path=f'puzzle_{number}')
        return {**super().get_data_info(idx), **info, **sample}
