from __future__ import annotations

from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from pfld_mm.core.face_markups import WFLW98

# The mean face seen from the front, and the five places of it that YuNet marks: the middles of the
# eye on the picture's left and of the other, the tip of the nose, the mouth's corners, left first.
_FACE = WFLW98.mean_face[:, :2]
_EYES = [_FACE[list(WFLW98.lines[eye].points)].mean(0) for eye in ('right_eye', 'left_eye')]
assert WFLW98.nose_tip is not None and WFLW98.mouth_corners is not None
_TIP_AND_MOUTH = [WFLW98.nose_tip, *WFLW98.mouth_corners]
_FIVE = np.stack([*_EYES, *_FACE[_TIP_AND_MOUTH]])


class YuNetFaceFinder:
    """Finds faces, turned and tilted ones too, with YuNet in OpenCV.

    The user gets the file, ``face_detection_yunet_*.onnx``, from OpenCV's model zoo (MIT licence).
    YuNet's box includes the forehead; the box that the landmark models know follows from its five
    points: the mean face is laid onto them.

    Wu et al., "YuNet: a tiny millisecond-level face detector", Machine Intelligence Research 2023.

    Args:
        file: The model.
        score: Least score of a face.
        max_side: Larger pictures are reduced to this for the search, in pixels.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if OpenCV cannot load it.
    """

    def __init__(self, file: str | Path, score: float = 0.7, max_side: int = 720) -> None:
        if not Path(file).is_file():
            raise FileNotFoundError(
                f"{file}: no such file; get face_detection_yunet_2023mar.onnx from OpenCV's model "
                'zoo (github.com/opencv/opencv_zoo)'
            )
        self.file, self.score, self.max_side = file, score, max_side
        self._lock = Lock()  # the detector keeps the size of the image
        try:
            self._detector = cv2.FaceDetectorYN.create(str(file), '', (320, 320), score)
        except (cv2.error, AttributeError) as error:
            raise ValueError(
                f'{file}: OpenCV {cv2.__version__} cannot load it as YuNet ({error})'
            ) from error

    def __reduce__(self) -> tuple:
        """For another process: the file is loaded there again."""
        return type(self), (self.file, self.score, self.max_side)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Boxes (F, 4) float32 of the faces of (H, W, 3) uint8 BGR, the largest first."""
        height, width = image.shape[:2]
        factor = min(1.0, self.max_side / max(height, width))
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        small = np.ascontiguousarray(image)
        if factor < 1:
            small = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
        with self._lock:
            self._detector.setInputSize(size)
            rows = self._detector.detect(small)[1]
        if rows is None:
            return np.zeros((0, 4), np.float32)
        five = rows[:, 4:14].reshape(-1, 5, 2).astype(np.float64) * (
            width / size[0],
            height / size[1],
        )
        boxes = np.stack([box_of_five_points(points) for points in five])
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        return boxes[np.argsort(-areas, kind='stable')]


def box_of_five_points(points: np.ndarray) -> np.ndarray:
    """The landmark box that the mean face has when it is laid onto five points.

    Args:
        points: (5, 2) eye on the picture's left, other eye, tip of the nose, mouth's corner on the
            left, other corner.

    Returns:
        (4,) float32 x_min, y_min, x_max, y_max.
    """
    # the least-squares similarity as a complex factor
    mean, target = _FIVE.mean(0), points.mean(0)
    model = (_FIVE - mean) @ (1, 1j)
    factor = np.vdot(model, (points - target) @ (1, 1j)) / np.vdot(model, model).real
    face = ((_FACE - mean) @ (1, 1j)) * factor
    x, y = face.real + target[0], face.imag + target[1]
    return np.array([x.min(), y.min(), x.max(), y.max()], np.float32)
