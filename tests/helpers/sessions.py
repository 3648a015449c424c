"""Opens converted files with the runtime's own sessions, without a whole model folder."""

from pfld_mm.runtime.backends.ncnn_session import NcnnSession
from pfld_mm.runtime.backends.onnxruntime_session import OnnxruntimeSession
from pfld_mm.runtime.backends.openvino_session import OpenvinoSession


def open_files(folder, files, shape):
    """The session for files of a known ending; shape is (C, h, w)."""
    paths = [folder / file for file in files]
    if files[0].endswith('.onnx'):
        return OnnxruntimeSession(paths[0], shape)
    if files[0].endswith('.xml'):
        return OpenvinoSession(paths[0], shape)
    return NcnnSession(*paths)
