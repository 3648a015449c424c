"""Exported models on the device: numpy, OpenCV and one inference engine are all that is needed.

Importing this loads no engine; that happens when a model is opened.
"""

from pfld_mm.core.align import align
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.core.head_pose import HeadPose
from pfld_mm.runtime.blink_detector import BlinkDetector
from pfld_mm.runtime.face_finder import FaceFinder
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.face_tracker import FaceTracker
from pfld_mm.runtime.haar_face_finder import HaarFaceFinder
from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.runtime.one_euro import OneEuro
from pfld_mm.runtime.slider_locator import SliderLocator
from pfld_mm.runtime.slider_result import SliderResult
from pfld_mm.runtime.tracked_faces import TrackedFaces
from pfld_mm.runtime.yunet_face_finder import YuNetFaceFinder

__all__ = [
    'BlinkDetector',
    'FaceFinder',
    'FaceLandmarker',
    'FaceLandmarks',
    'FaceTracker',
    'FoundFaces',
    'HaarFaceFinder',
    'HeadPose',
    'ModelFolder',
    'OneEuro',
    'SliderLocator',
    'SliderResult',
    'TrackedFaces',
    'YuNetFaceFinder',
    'align',
]
