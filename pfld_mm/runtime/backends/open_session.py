from __future__ import annotations

from pfld_mm.core.model_info import ModelInfo
from pfld_mm.runtime.backends.ncnn_session import NcnnSession
from pfld_mm.runtime.backends.onnxruntime_session import OnnxruntimeSession
from pfld_mm.runtime.backends.openvino_session import OpenvinoSession
from pfld_mm.runtime.backends.session import Session
from pfld_mm.runtime.model_folder import ModelFolder

SAME_KEYS = (
    'task', 'input_size', 'colour_order', 'mean', 'std', 'crop', 'num_keypoints', 'weights_sha256',
)  # fmt: skip
"""What model.json and the metadata inside the ONNX file must agree on."""


def open_session(folder: ModelFolder, backend: str = 'onnxruntime', threads: int = 1) -> Session:
    """Load a model.

    Args:
        folder: The exported model.
        backend: ``'onnxruntime'``, ``'openvino'`` or ``'ncnn'``; after an underscore another form
            of the model, such as ``'onnxruntime_int8'`` or ``'ncnn_fp16'``, where it was exported;
            ``'openvino_bf16'`` needs no export of its own, it reads the ONNX file.
        threads: Of one call; 0 leaves the number to the backend.

    Raises:
        ImportError: if the backend is not installed.
        FileNotFoundError: if a file is missing.
        ValueError: if the backend is unknown, or a file is damaged or not this folder's.
    """
    if threads < 0:
        raise ValueError(f'threads must be 0 or more, found {threads}')
    engine = backend.partition('_')[0]
    if engine not in ('onnxruntime', 'openvino', 'ncnn'):
        raise ValueError(
            f"unknown backend {backend!r}; use 'onnxruntime', 'openvino', 'ncnn' or a form of "
            "them such as 'onnxruntime_int8'"
        )
    files = folder.files(backend)
    width, height = folder.info.input_size
    shape = (folder.info.channels, height, width)
    if engine == 'openvino':
        return OpenvinoSession(files[0], shape, threads, half='bf16' in backend)
    if engine == 'ncnn':
        return NcnnSession(files[0], files[1], threads, half='fp16' in backend)
    session = OnnxruntimeSession(files[0], shape, threads)
    _check_same_model(session, folder)
    return session


def open_second_look(
    folder: ModelFolder, shape: tuple[int, int, int], threads: int
) -> Session | None:
    """Load a slider's second network, in onnxruntime whatever the first one runs in.

    In OpenVINO's bfloat16 a network with so small an output damaged the memory of the process.

    Args:
        folder: The exported model.
        shape: (C, H, W) of its input.
        threads: Of one call; 0 leaves the number to onnxruntime.

    Returns:
        None where the model has none.

    Raises:
        FileNotFoundError: if the file is missing.
        ValueError: if it is damaged or not this folder's.
    """
    file = folder.second_look()
    if file is None:
        return None
    session = OnnxruntimeSession(file, shape, threads)
    _check_same_model(session, folder)
    return session


def _check_same_model(session: OnnxruntimeSession, folder: ModelFolder) -> None:
    """Refuse a model.onnx beside the model.json of another model."""
    text = session.metadata()
    if text is None:
        return
    inside = ModelInfo.from_json(text, f'{session.source}, its metadata').raw
    for key in SAME_KEYS:
        if inside[key] != folder.info.raw[key]:
            raise ValueError(
                f'{session.source} and {folder.path / "model.json"} are of two models: {key!r} is '
                f'{inside[key]!r} in the one, {folder.info.raw[key]!r} in the other; export again'
            )
