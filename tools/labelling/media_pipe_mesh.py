from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

CROP = 256
"""Pixels of the square that MediaPipe looks at."""
MARGINS = (1.6, 2.1)
"""Sides of the crops, in sides of the face's box."""


@dataclass(frozen=True)
class MeshViews:
    """What MediaPipe saw in the crops of one face.

    Attributes:
        meshes: (V, 468, 3) in image pixels; z grows away from the camera.
        mirrored: (V,) bool, whether the crop was a mirror image: vertex i of such a mesh (its x
            already turned back) is the other side's counterpart of vertex i.
    """

    meshes: np.ndarray
    mirrored: np.ndarray


class MediaPipeMesh:
    """MediaPipe's 468 vertices of a face, which know the depth of turned faces.

    mediapipe 0.10.21 (Apache 2.0; its wheel holds the weights) wants an older protobuf than onnx:
    docs/two_markups.md installs it into a folder of its own.

    Raises:
        ImportError: If MediaPipe with its ``solutions`` is not installed.
    """

    def __init__(self) -> None:
        try:
            from mediapipe.python.solutions.face_mesh import FaceMesh as Mesh
        except ImportError as error:
            raise ImportError(
                'MediaPipeMesh needs mediapipe 0.10.21 on PYTHONPATH; docs/two_markups.md says '
                'how to install it beside the rest'
            ) from error
        self._mesh = Mesh(static_image_mode=True, max_num_faces=1, min_detection_confidence=0.15)

    def __call__(self, image: np.ndarray, box: np.ndarray) -> MeshViews:
        """Look at one face in two crops and their mirror images.

        Args:
            image: (H, W, 3) uint8 BGR.
            box: x_min, y_min, x_max, y_max of the face.

        Returns:
            The meshes of the crops in which a face was found, at most 4.
        """
        center = (box[:2] + box[2:]) / 2
        meshes, mirrored = [], []
        for margin in MARGINS:
            side = margin * float((box[2:] - box[:2]).max())
            zoom = CROP / side
            shift = CROP / 2 - center * zoom
            way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
            affine = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])
            crop = cv2.warpAffine(image, affine, (CROP, CROP), flags=way)
            for flip in (False, True):
                mesh = self._find(crop[:, ::-1] if flip else crop)
                if mesh is None:
                    continue
                if flip:
                    mesh[:, 0] = 1 - mesh[:, 0]
                mesh *= side
                mesh[:, :2] += center - side / 2
                meshes.append(mesh)
                mirrored.append(flip)
        return MeshViews(np.reshape(meshes, (-1, 468, 3)), np.array(mirrored, bool))

    def _find(self, crop: np.ndarray) -> np.ndarray | None:
        found = self._mesh.process(np.ascontiguousarray(crop[:, :, ::-1])).multi_face_landmarks
        return np.array([[p.x, p.y, p.z] for p in found[0].landmark]) if found else None
