"""Exported models without PyTorch: numpy, OpenCV and one backend are all that is needed.

Importing this loads no backend; that happens when a model is loaded. The names below are loaded
when they are first asked for: training imports ``runtime.crop`` and needs nothing else of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    'FaceLandmarker': 'face_landmarker',
    'FaceLandmarks': 'face_landmarks',
    'FaceTracker': 'face_tracker',
    'HaarFaceFinder': 'haar_face_finder',
    'HeadPose': 'head_pose',
    'ModelFolder': 'model_folder',
    'OneEuro': 'one_euro',
    'SliderLocator': 'slider_locator',
    'SliderResult': 'slider_result',
    'TrackedFaces': 'tracked_faces',
    'YuNetFaceFinder': 'yunet_face_finder',
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)
