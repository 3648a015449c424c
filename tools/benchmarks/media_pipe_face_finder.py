from __future__ import annotations

import cv2
import numpy as np

from pfld_mm.core.finder.found_faces import FoundFaces


class MediaPipeFaceFinder:
    """MediaPipe's full-range face detector, to compare with.

    mediapipe 0.10.21 (Apache 2.0; its wheel holds the weights) wants an older protobuf than onnx:
    install it with the runtime alone, in an environment of its own.

    Args:
        min_score: Of a face, in [0, 1]; MediaPipe's own default is 0.5.

    Raises:
        ImportError: If MediaPipe with its ``solutions`` is not installed.
    """

    def __init__(self, min_score: float = 0.5) -> None:
        from mediapipe import solutions

        self.detector = solutions.face_detection.FaceDetection(
            min_detection_confidence=min_score, model_selection=1
        )

    def __call__(self, image: np.ndarray) -> FoundFaces:
        """The boxes of an image (H, W, 3) uint8 BGR, in pixels."""
        found = self.detector.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).detections or []
        relative = [one.location_data.relative_bounding_box for one in found]
        corners = [(b.xmin, b.ymin, b.xmin + b.width, b.ymin + b.height) for b in relative]
        height, width = image.shape[:2]
        boxes = np.reshape(corners, (-1, 4)) * (width, height, width, height)
        return FoundFaces.of_boxes(boxes.astype(np.float32))
