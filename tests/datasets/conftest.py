from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope

import pfld_mm.compat
from pfld_mm.core.face_markups import MARKUPS

# isort: split
import pfld_mm.datasets.face.ibug_face
import pfld_mm.datasets.face.wflw
import pfld_mm.datasets.transforms.crop_face
import pfld_mm.datasets.transforms.generate_face_labels
import pfld_mm.datasets.transforms.load_face
import pfld_mm.datasets.transforms.seeded_albumentation  # noqa: F401


@pytest.fixture(autouse=True)
def mmpose_scope() -> None:
    init_default_scope('mmpose')


def frontal_face(num_keypoints: int, center: tuple[float, float], height: float) -> np.ndarray:
    """(K, 2) float64: the mean face seen from the front, ``height`` pixels high."""
    flat = MARKUPS[num_keypoints].mean_face[:, :2]
    return (flat - (flat.min(0) + flat.max(0)) / 2) / np.ptp(flat[:, 1]) * height + center


@pytest.fixture
def face_points() -> Callable[..., np.ndarray]:
    """``frontal_face``."""
    return frontal_face


def image(width: int, height: int, seed: int = 0) -> np.ndarray:
    """(H, W, 3) uint8: smooth and full of structure, so that shifts show."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), max(2.0, width / 60))
    return np.uint8(np.clip(128 + smooth / smooth.std() * 45, 0, 255))


@pytest.fixture
def write_wflw(tmp_path: Path) -> Callable[..., Path]:
    """Writes a tree of WFLW's form with ``count`` faces, two an image; returns its root."""

    def write(count: int = 4, size: tuple[int, int] = (200, 160)) -> Path:
        (tmp_path / 'WFLW_images').mkdir(exist_ok=True)
        lines = []
        for i in range(count):
            points = frontal_face(98, (60.25 + 80 * (i % 2), 80.5), 70 + i)
            low, high = np.int32(points.min(0)), np.int32(points.max(0)) + 1
            name = f'image_{i // 2}.jpg'
            numbers = [*(f'{v:.6f}' for v in points.ravel()), *low, *high, 0, 1, 0, 0, 1, i % 2]
            lines.append(' '.join(map(str, [*numbers, name])))
            cv2.imwrite(str(tmp_path / 'WFLW_images' / name), image(*size, seed=i // 2))
        (tmp_path / 'list.txt').write_text('\n'.join(lines) + '\n')
        return tmp_path

    return write


@pytest.fixture
def write_pts(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``folder/name.pts`` and its image from (K, 2) points as they shall be written."""

    def write(points: np.ndarray, name: str = 'a', folder: str = '', header: bool = True) -> Path:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        body = '\n'.join(f'{x:.6f} {y:.6f}' for x, y in points)
        if header:
            body = f'version: 1\nn_points: {len(points)}\n{{\n{body}\n}}'
        (tmp_path / folder / f'{name}.pts').write_text(body + '\n')
        cv2.imwrite(str(tmp_path / folder / f'{name}.png'), image(200, 160))
        return tmp_path

    return write
