from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from pfld_mm.core.finder.face_geometry import FIVE_POINTS
from pfld_mm.datasets.epoch_index import EpochIndex
from pfld_mm.datasets.face.unusable_sample import UnusableSample
from pfld_mm.datasets.face.unusable_sample_counter import UnusableSampleCounter


@DATASETS.register_module()
class FinderMixture(BaseDataset):
    """Samples of several datasets with fixed probabilities, each seeded by its number.

    Before the pipeline runs, numpy's global state is seeded from (seed, epoch, index), so a sample
    does not depend on workers, order or resuming.

    Args:
        datasets: Configs of datasets; each runs its own pipeline before this one's.
        probs: How often each is drawn; they add up to 1.
        length: Samples an epoch.
        seed: Not negative.
        max_bad: Fraction of unreadable images that training tolerates.
        kwargs: As mmengine's BaseDataset takes them.

    Raises:
        ValueError: If there is not one probability for each dataset, or they do not add up to 1.
    """

    METAINFO: dict = FIVE_POINTS.mmpose_metainfo()

    def __init__(
        self,
        datasets: Sequence[dict],
        probs: Sequence[float],
        length: int,
        seed: int = 0,
        max_bad: float = 0.01,
        **kwargs,
    ) -> None:
        if len(probs) != len(datasets) or min(probs) < 0 or abs(sum(probs) - 1) > 1e-6:
            raise ValueError(
                f'{len(datasets)} datasets need as many probs that add up to 1, found {probs}'
            )
        self.configs = list(datasets)
        self.datasets: list[BaseDataset] = []
        self.probs = tuple(probs)
        self.seed = seed
        self.epoch_index = EpochIndex(length)
        self.bad = UnusableSampleCounter(length, max_bad, str)
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Build the datasets; one empty record a sample."""
        self.datasets = [DATASETS.build(dataset) for dataset in self.configs]
        return [{} for _ in range(self.epoch_index.length)]

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch (from 0) begins: each has its own samples."""
        self.epoch_index.set_epoch(epoch)

    def get_data_info(self, idx: int) -> dict:
        """A random sample of one of the datasets."""
        dataset = self.datasets[np.random.choice(len(self.datasets), p=self.probs)]
        return dataset.prepare_data(np.random.randint(len(dataset)))

    def prepare_data(self, idx: int) -> dict | None:
        """Seed and run the pipeline; None for an unreadable image (another sample is taken)."""
        number = self.epoch_index[range(len(self))[idx]]  # ends a loop over the dataset
        np.random.seed(np.random.SeedSequence([self.seed, number]).generate_state(4))
        try:
            return super().prepare_data(idx)
        except UnusableSample as error:
            self.bad.add(idx, error)
            return None
