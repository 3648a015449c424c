"""The images that a conversion is proved, calibrated and measured with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmpose.registry import DATASETS, TRANSFORMS

from pfld_mm.core.image import read_image
from pfld_mm.core.image_files import image_files
from pfld_mm.engine.config import load_config


class ImageCropper:
    """The test pipeline of a model config, for images without labels: the box is the image.

    Args:
        cfg: The model config.
    """

    def __init__(self, cfg: Config) -> None:
        dataset = {**cfg.test_dataloader.dataset, 'lazy_init': True}
        self.metainfo = DATASETS.build(dataset).metainfo
        steps = cfg.test_dataloader.dataset.pipeline
        self.pipeline = Compose([TRANSFORMS.build(step) for step in steps])

    def __call__(self, image: np.ndarray, name: str = 'image') -> torch.Tensor:
        """(H, W, 3) uint8 BGR -> the network's crop (C, h, w) uint8, before the preprocessor."""
        h, w = image.shape[:2]
        data = dict(
            img=image,
            img_path=name,
            bbox=np.array([[0, 0, w, h]], np.float32),
            bbox_score=np.ones(1, np.float32),
            id=0,
            img_id=0,
        )
        return self.pipeline({**data, **self.metainfo})['inputs']


def proof_images(
    cropper: ImageCropper, images: list[str], seed: int = 0
) -> dict[str, list[torch.Tensor]]:
    """Crops by kind: the user's images, drawn ones and noise.

    Args:
        cropper: Gives the crops.
        images: Paths of the user's images.
        seed: Of the drawn ones and of the noise.
    """
    rng = np.random.default_rng(seed)
    shape = cropper(np.zeros((64, 64, 3), np.uint8)).shape
    noise = torch.from_numpy(rng.integers(0, 256, (3, *shape), dtype=np.uint8))
    flat = torch.full(shape, 255, dtype=torch.uint8)
    return {
        'given': [cropper(read_image(path), str(path)) for path in images],
        'drawn': [cropper(_drawn(rng)) for _ in range(3)],
        'noise': [*noise, torch.zeros_like(flat), flat],
    }


def _drawn(rng: np.random.Generator) -> np.ndarray:
    """An image with edges, gradients and texture, (240, 240, 3) uint8."""
    y, x = np.mgrid[:240, :240][..., None] / 240
    colors = rng.uniform(0, 255, (4, 3))
    image = colors[0] * (1 - x) * (1 - y) + colors[1] * x * (1 - y) + colors[2] * y
    image = np.ascontiguousarray((image + rng.normal(0, 6, image.shape)).clip(0, 255))
    for _ in range(6):
        center, axes = rng.integers(20, 220, 2), rng.integers(6, 60, 2)
        color = rng.uniform(0, 255, 3)
        angle = float(rng.uniform(0, 180))
        cv2.ellipse(image, center.tolist(), axes.tolist(), angle, 0, 360, color.tolist(), -1)
    return image.astype(np.uint8)


def folder_crops(cropper: ImageCropper, folder: str, max_crops: int) -> Iterator[torch.Tensor]:
    """Crops of the images of a folder, each taken as a whole, spread evenly over the folder.

    Raises:
        FileNotFoundError: If the folder does not exist or holds no image.
    """
    paths = image_files(folder, recursive=True)
    if not paths:
        raise FileNotFoundError(
            f'{folder} is no folder with images; to calibrate with whole '
            'images and their boxes give a dataset with --calib-dataset-cfg'
        )
    for path in _spread(paths, max_crops):
        yield cropper(read_image(path), str(path))


def dataset_crops(dataset_cfg: dict, pipeline: list, max_crops: int) -> Iterator[torch.Tensor]:
    """Crops of a dataset's samples through a test pipeline, spread evenly over the dataset.

    Args:
        dataset_cfg: Of the dataset.
        pipeline: Steps without augmentation.
        max_crops: How many to give.
    """
    dataset = DATASETS.build({**dataset_cfg, 'pipeline': pipeline, 'test_mode': True})
    for index in _spread(range(len(dataset)), max_crops):
        yield dataset[index]['inputs']


def _spread(items: list | range, max_crops: int) -> list:
    count = min(max_crops, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def calibration_crops(
    cfg: Config,
    cropper: ImageCropper,
    max_crops: int,
    folder: str | None,
    dataset_cfg: str | None,
) -> Callable[[], Iterator[torch.Tensor]]:
    """What int8 is calibrated with.

    Of eight crops, four are as they are, three have their colors changed (see `tint`), and one is
    replaced by a drawn image, so that the ranges hold what is no face, too.

    Args:
        cfg: The model config; its training set is used where neither of the next is given.
        cropper: Makes crops of whole images.
        max_crops: How many images.
        folder: Of images of the kind that the model will see (crops, for faces).
        dataset_cfg: Another config, whose ``val_dataloader`` names the dataset.
    """
    if folder is not None:
        return lambda: _varied(cropper, folder_crops(cropper, folder, max_crops))
    dataset = (
        load_config(dataset_cfg).val_dataloader.dataset
        if dataset_cfg is not None
        else cfg.train_dataloader.dataset
    )
    pipeline = cfg.test_dataloader.dataset.pipeline
    return lambda: _varied(cropper, dataset_crops(dataset, pipeline, max_crops))


def _varied(cropper: ImageCropper, crops: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
    rng = np.random.default_rng(1)  # other images than those of the proof
    for number, crop in enumerate(crops):
        if number % 8 == 7:
            yield cropper(_drawn(rng))
        else:
            yield tint(rng, crop) if number % 2 else crop


def tint(rng: np.random.Generator, crop: torch.Tensor) -> torch.Tensor:
    """Change contrast and brightness of each color by itself, far beyond natural light.

    An int8 range that has seen only natural colors cuts off what painted faces, colored lamps and
    color filters give: points of blue-painted faces moved by up to 4 px.

    Args:
        rng: Source of chance.
        crop: (C, H, W) uint8, its first three channels colors.
    """
    gain, shift = np.exp(rng.normal(0, 0.6, (3, 1, 1))), rng.normal(0, 40, (3, 1, 1))
    colors = (crop[:3].numpy() - 128.0) * gain + 128 + shift
    return torch.cat([torch.from_numpy(colors.clip(0, 255).astype(np.uint8)), crop[3:]])
