from __future__ import annotations

import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

KEYS = ('boxes', 'points', 'yaw', 'ignore')


@DATASETS.register_module()
class FinderMosaic(BaseDataset):
    """A grid of samples of another dataset: many small faces before many backgrounds.

    Args:
        dataset: Config of a dataset whose pipeline gives images of one size with their faces.
        grid: Samples a side.
        length: Mosaics an epoch.
        kwargs: As mmengine's BaseDataset takes them.
    """

    def __init__(self, dataset: dict, grid: int = 2, length: int = 1000, **kwargs) -> None:
        self.config = dataset
        self.grid = grid
        self.length = length
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Build the dataset; one empty record a mosaic."""
        self.dataset = DATASETS.build(self.config)
        return [{} for _ in range(self.length)]

    def get_data_info(self, idx: int) -> dict:
        """Compose a mosaic from numpy's global random state."""
        rows, labels = [], []
        for row in range(self.grid):
            tiles = [self._tile() for _ in range(self.grid)]
            height, width = tiles[0]['img'].shape[:2]
            for column, tile in enumerate(tiles):
                corner = np.array([column * width, row * height], np.float32)
                tile['boxes'] = tile['boxes'] + np.tile(corner, 2)
                tile['points'] = tile['points'] + corner
            labels += tiles
            rows.append(np.hstack([tile['img'] for tile in tiles]))
        merged = {key: np.concatenate([tile[key] for tile in labels]) for key in KEYS}
        return dict(img=np.vstack(rows), **merged)

    def _tile(self) -> dict:
        return self.dataset.prepare_data(np.random.randint(len(self.dataset)))
