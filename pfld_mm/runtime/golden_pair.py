from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

FILE = 'golden.npz'
MAX_BYTES = 64 << 20
"""Largest unpacked size; a golden pair has less than a tenth of it."""
OUTPUT_OF = 'output.'
"""Begins the key of the output of a form of its own, such as ``output.onnxruntime_int8``."""


@dataclass(frozen=True)
class GoldenPair:
    """An image with the tensors that belong to it, for proving an installation.

    Attributes:
        image: The network's crop, uint8 BGR: (h, w, 3), or (h, w, 4) with the mask of a puzzle.
        input: (N, C, h, w) float32, what the image must become.
        output: float32, what the model must answer.
        outputs: Form of the model -> what that form must answer, where it differs (int8).
        squares: (P, 6, h, w) float32, input of a slider's pair verifier, if there is one.
        squares_output: float32, what it must answer.
    """

    image: np.ndarray
    input: np.ndarray
    output: np.ndarray
    outputs: dict[str, np.ndarray] = field(default_factory=dict)
    squares: np.ndarray | None = None
    squares_output: np.ndarray | None = None

    @classmethod
    def read(cls, file: Path) -> GoldenPair:
        """Read ``golden.npz``.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If it is damaged, incomplete or unpacks to more than ``MAX_BYTES``.
        """
        if not file.is_file():
            raise FileNotFoundError(f'{file}: missing, so there is nothing to test the model with')
        try:
            with zipfile.ZipFile(file) as archive:
                size = sum(entry.file_size for entry in archive.infolist())
            if size > MAX_BYTES:
                raise ValueError(f'unpacks to {size} bytes, at most {MAX_BYTES} are expected')
            with np.load(file, allow_pickle=False) as arrays:
                found = {key: arrays[key] for key in arrays}
            for key, array in found.items():
                _check(key, array)
            return cls(
                found['image'],
                found['input'],
                found['output'],
                {
                    key.removeprefix(OUTPUT_OF): array
                    for key, array in found.items()
                    if key.startswith(OUTPUT_OF)
                },
                found.get('squares'),
                found.get('squares_output'),
            )
        except Exception as error:  # zlib, zipfile and numpy each have classes of their own
            raise ValueError(f'{file}: damaged or incomplete ({error}); export again') from None

    def write(self, file: Path) -> None:
        """Write ``golden.npz``."""
        arrays: dict[str, Any] = dict(image=self.image, input=self.input, output=self.output)
        arrays.update({OUTPUT_OF + form: output for form, output in self.outputs.items()})
        if self.squares is not None and self.squares_output is not None:
            arrays.update(squares=self.squares, squares_output=self.squares_output)
        np.savez_compressed(file, **arrays)


def _check(key: str, array: np.ndarray) -> None:
    """Refuse what is no image or no tensor of finite numbers; its sizes are the model's matter."""
    if key == 'image':
        is_right = array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] in (3, 4)
        expected = 'uint8 (h, w, 3 or 4)'
    else:
        axes = 4 if key in ('input', 'squares') else 2
        is_right = (
            array.dtype == np.float32 and array.ndim >= axes and bool(np.isfinite(array).all())
        )
        expected = f'finite float32 of {axes} axes or more'
    if not is_right or not array.size:
        raise ValueError(f'{key}: expected {expected}, found {array.dtype} {array.shape}')
