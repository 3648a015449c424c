from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pfld_mm.core.model_info import ModelInfo
from pfld_mm.runtime.golden_pair import FILE as GOLDEN
from pfld_mm.runtime.golden_pair import GoldenPair

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

PREDICTORS = {'face': 'FaceLandmarker', 'slider': 'SliderLocator', 'finder': 'FaceFinder'}
"""Task -> the class that runs its models."""

MAX_JSON_BYTES = 4 << 20


@dataclass(frozen=True)
class ModelFolder:
    """An exported model: a folder that the export tool wrote, or its single ONNX file.

    Attributes:
        path: The folder or the file, absolute.
        info: The metadata.
        verify: Whether files are compared with the metadata's digests before they are used.
    """

    path: Path
    info: ModelInfo
    verify: bool = True

    @classmethod
    def read(cls, path: str | Path, verify: bool = True) -> ModelFolder:
        """Read and check the metadata.

        Args:
            path: A folder that the export tool wrote, its single ONNX file, or the name of a
                model that comes with the package.
            verify: Compare each file with its SHA-256 in the metadata before it is used.

        Raises:
            FileNotFoundError: if there is no such folder or file, or no ``model.json`` in it.
            ValueError: if the metadata are malformed, or the ONNX file is none or has none.
        """
        path = _shipped(path) or Path(path)
        if path.is_file():
            # imported here, because reading a folder does not need onnxruntime
            from pfld_mm.runtime.backends.onnxruntime_session import read_metadata

            info = ModelInfo.from_json(read_metadata(path), f'{path}, its metadata')
            return cls(path.absolute(), info, verify)
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
        if file.stat().st_size > MAX_JSON_BYTES:
            raise ValueError(
                f'{file}: {file.stat().st_size} bytes, no model.json is larger than '
                f'{MAX_JSON_BYTES}; export the model again'
            )
        try:
            text = file.read_text(encoding='utf-8')
        except UnicodeDecodeError as error:
            raise ValueError(f'{file}: not UTF-8 ({error}); export the model again') from None
        return cls(path.absolute(), ModelInfo.from_json(text, str(file)), verify)

    def check_task(self, task: str) -> None:
        """Raise a ValueError if the model is for another task than ``task``."""
        if self.info.task != task:
            reader = PREDICTORS.get(self.info.task)
            cure = f'; use {reader}' if reader else ''
            raise ValueError(
                f'{self.path}: a model for the task {self.info.task!r}, not {task!r}{cure}'
            )

    def files(self, backend: str) -> tuple[Path, ...]:
        """The files of a backend.

        Raises:
            ValueError: if the model was not exported for it.
            FileNotFoundError: if a file is missing or empty.
            ValueError: if a file is not the one that was exported.
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
        return tuple(self._checked(self.path / name) for name in names)

    def verifier(self) -> Path | None:
        """The ONNX file of a slider's pair verifier, None where the model has none.

        Raises:
            FileNotFoundError: if the metadata name a file that is not there.
        """
        if self.info.verifier is None:
            return None
        folder = self.path if self.path.is_dir() else self.path.parent
        file = folder / self.info.verifier['file']
        if not file.is_file():
            raise FileNotFoundError(
                f'{file}: missing, but the model has a pair verifier; copy it as well, or export '
                'again'
            )
        return self._checked(file)

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
        folder = self.path if self.path.is_dir() else self.path.parent
        file = folder / GOLDEN
        return GoldenPair.read(self._checked(file) if file.is_file() else file)

    def _checked(self, file: Path) -> Path:
        """The file, if it has the digest that the metadata say."""
        expected = self.info.sha256.get(file.name) if self.verify else None
        if expected is not None and digest(file) != expected:
            raise ValueError(
                f'{file}: changed since it was exported (its SHA-256 is not the one in model.json);'
                ' copy the folder again, export again, or pass verify=False (--no-verify)'
            )
        return file


def digest(file: Path) -> str:
    """SHA-256 of a file, 64 hex digits."""
    found = hashlib.sha256()
    with file.open('rb') as stream:
        while part := stream.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def shipped_models() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(file.parent.name for file in SHIPPED.glob('*/model.json'))


def _shipped(name: str | Path) -> Path | None:
    """The folder of a shipped model; a folder or file of the same name goes first."""
    is_shipped = not Path(name).exists() and str(name) in shipped_models()
    return SHIPPED / name if is_shipped else None
