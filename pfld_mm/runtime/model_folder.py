from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pfld_mm.core.model_info import ModelInfo

SHIPPED = Path(__file__).parent / 'models'
"""Folder of the models that come with the package."""

DEFAULT_FILES = {
    'onnxruntime': ('model.onnx',),
    'onnxruntime_int8': ('model.int8.onnx',),
    'openvino': ('model.xml', 'model.bin'),
    'openvino_bf16': ('model.onnx',),
    'ncnn': ('model.ncnn.param', 'model.ncnn.bin'),
}
"""Used for a backend that the metadata's ``files`` do not name."""

SECOND = ('squares', 'squares_output')
"""Of the golden file, for a slider's second network."""


@dataclass(frozen=True)
class GoldenPair:
    """A picture with the tensors that belong to it, for proving an installation.

    Attributes:
        picture: The network's crop, uint8: (h, w, 3) BGR of a face, (h, w, 4) RGB and mask of a
            puzzle.
        input: (N, C, h, w) float32, what the picture must become.
        output: float32, what the model must answer.
        squares: (P, 6, h, w) float32, input of a slider's second network, if there is one.
        squares_output: float32, what it must answer.
    """

    picture: np.ndarray
    input: np.ndarray
    output: np.ndarray
    squares: np.ndarray | None = None
    squares_output: np.ndarray | None = None


@dataclass(frozen=True)
class ModelFolder:
    """An exported model: a folder that the export tool wrote, or its single ONNX file.

    Attributes:
        path: The folder or the file.
        info: The metadata.
    """

    path: Path
    info: ModelInfo

    @classmethod
    def read(cls, path: str | Path) -> ModelFolder:
        """Read and check the metadata.

        Args:
            path: A folder that the export tool wrote, its single ONNX file, or the name of a
                model that comes with the package.

        Raises:
            FileNotFoundError: if there is no such folder or file, or no ``model.json`` in it.
            ValueError: if the metadata are malformed, or the ONNX file is none or has none.
        """
        path = _shipped(path) or Path(path)
        if path.is_file():
            # imported here: reading a folder needs no onnxruntime
            from pfld_mm.runtime.backends.onnxruntime_session import read_metadata

            return cls(path, ModelInfo.from_json(read_metadata(path), f'{path}, its metadata'))
        if not path.is_dir():
            raise FileNotFoundError(
                f'{path}: no such model folder; name the folder that the export tool wrote, or a '
                f'model that comes with the package: {shipped_models()}'
            )
        file = path / 'model.json'
        if not file.is_file():
            raise FileNotFoundError(
                f'{file}: missing, so {path} is no exported model; export the model again'
            )
        try:
            text = file.read_text(encoding='utf-8')
        except UnicodeDecodeError as error:
            raise ValueError(f'{file}: not UTF-8 ({error}); export the model again') from None
        return cls(path, ModelInfo.from_json(text, str(file)))

    def files(self, backend: str) -> tuple[Path, ...]:
        """The files of a backend.

        Raises:
            ValueError: if the model was not exported for it.
            FileNotFoundError: if a file is missing or empty.
        """
        if self.path.is_file():
            reads_onnx = DEFAULT_FILES.get(backend) == ('model.onnx',)
            if backend.partition('_')[0] != 'onnxruntime' and not reads_onnx:
                raise ValueError(f'{self.path} is an ONNX file: {backend} needs the whole folder')
            return (self.path,)
        names = self.info.files.get(backend) or DEFAULT_FILES.get(backend)
        if not names:
            known = sorted({*self.info.files, *DEFAULT_FILES})
            raise ValueError(f'{self.path}: unknown backend {backend!r}; there are {known}')
        for name in names:
            file = self.path / name
            if not file.is_file() or file.stat().st_size == 0:
                state = 'empty' if file.is_file() else 'missing'
                raise FileNotFoundError(
                    f'{file}: {state}, but the backend {backend!r} needs it; export the model for '
                    f'{backend}, or use one of {self.available()}'
                )
        return tuple(self.path / name for name in names)

    def second_look(self) -> Path | None:
        """The ONNX file of a slider's second network, None where the model has none.

        Raises:
            FileNotFoundError: if the metadata name a file that is not there.
        """
        if self.info.second_look is None:
            return None
        file = (self.path if self.path.is_dir() else self.path.parent) / self.info.second_look
        if not file.is_file():
            raise FileNotFoundError(
                f'{file}: missing, but the model looks twice; copy it too, or export again'
            )
        return file

    def available(self) -> list[str]:
        """The backends whose files are all there."""
        table = {**DEFAULT_FILES, **self.info.files}
        return sorted(
            b for b, names in table.items() if all((self.path / n).is_file() for n in names)
        )

    def golden(self) -> GoldenPair:
        """The golden pair.

        Raises:
            FileNotFoundError: if there is no ``golden.npz``.
            ValueError: if it is damaged or incomplete.
        """
        file = (self.path if self.path.is_dir() else self.path.parent) / 'golden.npz'
        if not file.is_file():
            raise FileNotFoundError(f'{file}: missing, so there is nothing to test the model with')
        try:
            with np.load(file, allow_pickle=False) as arrays:
                more = {key: arrays[key] for key in SECOND if key in arrays}
                pair = GoldenPair(arrays['picture'], arrays['input'], arrays['output'], **more)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
            raise ValueError(f'{file}: damaged or incomplete ({error}); export again') from None
        return pair


def shipped_models() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(file.parent.name for file in SHIPPED.glob('*/model.json'))


def _shipped(name: str | Path) -> Path | None:
    """The folder of a shipped model; a folder or file of the same name goes first."""
    is_shipped = not Path(name).exists() and str(name) in shipped_models()
    return SHIPPED / name if is_shipped else None
