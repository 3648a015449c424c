"""Short clips whose true points are known in every frame: drawn faces, and panned images."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pfld_mm.core.image import read_image
from pfld_mm.core.image_files import image_files
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

FPS = 30.0
FRAMES = 60
"""Two periods of every motion, so that place and velocity are uncorrelated over a clip."""
NOISE = 3.0
"""Standard deviation of the sensor's noise, gray levels."""
MOTIONS = ('still', 'moving', 'turning')
PANNED = 'panned'
Clip = Iterator[tuple[np.ndarray, np.ndarray]]
"""Frames (H, W, 3) uint8 BGR with their true points (98, 2), or with the shift (1, 2) if only that
is known."""


def drawn_clip(motion: str, index: int, seed: int, size: int = 320) -> Clip:
    """A drawn face without an occluder that rests, moves across the image or shakes its head.

    Args:
        motion: One of MOTIONS.
        index: Of the face.
        seed: Of the faces.
        size: Side of the frames in pixels.
    """
    rng = np.random.default_rng([seed, index])
    face = sample_face(seed, 'test', index, size)
    yaw = float(np.clip(face.yaw, -0.3, 0.3))
    face = replace(face, yaw=yaw, occlusion='none', blur='none', scale=0.22, center=(0.5, 0.5))
    for phase in _phases():
        wave, other = np.sin(phase), np.cos(phase)
        if motion == 'moving':  # about three tenths of the face's width to each side
            center = (0.5 + 0.12 * float(wave), 0.5 + 0.04 * float(other))
            shown = replace(face, center=center)
        elif motion == 'turning':
            shown = replace(face, yaw=yaw + 0.35 * float(wave), roll=face.roll + 0.1 * float(other))
        else:
            shown = face
        image, points = render_face(shown)
        yield noisy(image, rng), points


def panned_clip(image: np.ndarray, seed: int) -> Clip:
    """A still image that is moved under the camera by parts of pixels; gives the shifts."""
    rng = np.random.default_rng(seed)
    reach = 0.04 * max(image.shape[:2])
    for phase in _phases():
        shift = reach * np.array([np.sin(phase), 0.5 * np.cos(phase)])
        matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
        size = image.shape[1], image.shape[0]
        frame = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC,
                               borderMode=cv2.BORDER_REFLECT)  # fmt: skip
        yield noisy(frame, rng), shift[None]


def panned_clips(folder: Path, count: int, seed: int, max_side: int = 640) -> list[Clip]:
    """Of the first images of a folder, made smaller to ``max_side`` pixels."""
    clips = []
    for file in image_files(folder)[:count]:
        image = read_image(file)
        ratio = min(1.0, max_side / max(image.shape))
        if ratio < 1:
            image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        clips.append(panned_clip(image, seed))
    return clips


def noisy(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With new noise in each frame, as a sensor has it."""
    noise = rng.normal(0, NOISE, image.shape)
    return np.clip(image + noise + 0.5, 0, 255).astype(np.uint8)


def _phases() -> np.ndarray:
    return np.arange(FRAMES) * (4 * np.pi / FRAMES)
