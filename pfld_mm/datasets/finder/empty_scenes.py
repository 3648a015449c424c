from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from pfld_mm.core.image_files import image_files
from pfld_mm.datasets.usable_image import read_usable_image
from pfld_mm.synth.faces.backgrounds import background

KINDS = ('gradient', 'noise', 'blobs', 'stripes')
LETTERS = 'ABCDEGOQRSUPabcdegoqpsu0123456789&@%?'


@DATASETS.register_module()
class EmptyScenes(BaseDataset):
    """Images without faces: parts of images of folders, and drawn textures.

    Args:
        folders: Of images that show no face, relative to ``data_root``, with what is below them.
        size: (w, h) of a scene in pixels.
        texture_prob: Probability of a drawn texture; without folders all scenes are textures.
        text_prob: Probability of words on a scene: round letters look like faces to a finder.
        length: Scenes an epoch.
        kwargs: As mmengine's BaseDataset takes them.

    Raises:
        FileNotFoundError: If a folder holds no image.
    """

    def __init__(
        self,
        folders: Sequence[str] = (),
        size: tuple[int, int] = (320, 320),
        texture_prob: float = 0.3,
        text_prob: float = 0.4,
        length: int = 1000,
        **kwargs,
    ) -> None:
        self.folders = list(folders)
        self.size = tuple(size)
        self.texture_prob = texture_prob
        self.text_prob = text_prob
        self.length = length
        self.files: list[Path] = []
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self) -> list[dict]:
        """List the folders; one empty record a scene."""
        for name in self.folders:
            folder = Path(self.data_root or '', name)
            files = image_files(folder, recursive=True)
            if not files:
                raise FileNotFoundError(f'{folder}: no image in this folder')
            self.files += files
        return [{} for _ in range(self.length)]

    def get_data_info(self, idx: int) -> dict:
        """Make a scene from numpy's global random state."""
        if not self.files or np.random.rand() < self.texture_prob:
            scene = self._texture()
        else:
            scene = self._part()
        if np.random.rand() < self.text_prob:
            write_text(scene)
        return dict(
            img=scene,
            boxes=np.zeros((0, 4), np.float32),
            points=np.zeros((0, 5, 2), np.float32),
            yaw=np.zeros(0, np.float32),
            ignore=np.zeros(0, bool),
        )

    def _texture(self) -> np.ndarray:
        rng = np.random.default_rng(np.random.randint(2**31))
        side = max(self.size)
        return background(str(rng.choice(KINDS)), side, rng)[: self.size[1], : self.size[0]].copy()

    def _part(self) -> np.ndarray:
        path = self.files[np.random.randint(len(self.files))]
        image = read_usable_image(path)
        height, width = image.shape[:2]
        w, h = (max(1, round(side * np.random.uniform(0.4, 1))) for side in (width, height))
        x, y = np.random.randint(width - w + 1), np.random.randint(height - h + 1)
        return cv2.resize(image[y : y + h, x : x + w], self.size, interpolation=cv2.INTER_AREA)


def write_text(image: np.ndarray) -> None:
    """Write words of random size, font and color over an image (H, W, 3) uint8, in place."""
    for _ in range(np.random.randint(1, 6)):
        word = ''.join(np.random.choice(list(LETTERS), np.random.randint(1, 9)))
        scale = float(np.exp(np.random.uniform(np.log(0.4), np.log(6))))
        x = np.random.randint(-20, image.shape[1])
        y = np.random.randint(10, image.shape[0] + 40)
        color = np.random.randint(0, 256, 3).tolist()
        thickness = max(1, round(scale * np.random.uniform(0.8, 5)))
        font = int(np.random.randint(8))  # OpenCV's fonts are numbered 0 to 7
        cv2.putText(image, word, (x, y), font, scale, color, thickness, cv2.LINE_AA)
