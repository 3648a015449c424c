from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from labelling.media_pipe_mesh import MediaPipeMesh
from labelling.mesh_map import MeshMap
from labelling.teacher import Teacher

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.core.image import read_image
from pfld_mm.datasets.face.annotated_face import AnnotatedFace

MIN_VIEWS = 3
FRONTAL, TURNED = 15.0, 40.0
"""Degrees of yaw up to which a face is mostly the models' and from which it is the mesh's alone."""
MIN_RATIO = 0.25
"""Of the mesh, on frontal faces."""
MAX_DISTANCE_FRONTAL, MAX_DISTANCE_TURNED = 0.06, 0.16
"""Mean distance of models and mesh, in sides of the face, up to which a face is labelled."""
BASE_SPREAD, APART_SHARE = 0.012, 0.2


class MeshTeacher:
    """A teacher that trusts a mesh of the head where the models have seen too few faces.

    Models learnt on nearly frontal faces guess profiles; MediaPipe's mesh does not, but is coarser
    on frontal ones. The points are mixed by the yaw, and faces on which the two disagree (a
    back of a head, a hand, a face among leaves) get no label.

    Args:
        models: The teacher of frontal faces, 98 points.
        mesh: Finds the mesh.
        faces: Labelled faces, whose first 98 points teach where the landmarks lie on the mesh.

    Raises:
        ValueError: If the mesh was found on too few of the faces.
    """

    def __init__(
        self, models: Teacher, mesh: MediaPipeMesh, faces: Iterable[AnnotatedFace]
    ) -> None:
        self.models = models
        self.mesh = mesh
        views, points = [], []
        for face in faces:
            known = face.points[:98]
            seen = mesh(read_image(face.image), landmark_boxes(known))
            if len(seen.meshes) > MIN_VIEWS:
                views.append(seen)
                points.append(known)
        self.mesh_map = MeshMap(views, np.array(points))

    def __call__(self, image: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Label the faces of one image.

        Args:
            image: (H, W, 3) uint8 BGR.
            boxes: (F, 4) x_min, y_min, x_max, y_max of the faces.

        Returns:
            Points (F, 98, 2) in image pixels, NaN where there is no label, and the spread
            (F,), larger for a less certain face; infinite where there is no label.
        """
        points = np.full((len(boxes), 98, 2), np.nan)
        spreads = np.full(len(boxes), np.inf)
        for index, box in enumerate(boxes):
            views = self.mesh(image, box)
            if len(views.meshes) < MIN_VIEWS:
                continue
            mesh, between = self.mesh_map.merge(views)
            by_mesh, yaw = self.mesh_map(mesh)
            near = landmark_boxes(by_mesh)
            by_models = self.models(image, near[None].astype(np.float32))[0][0]
            size = np.sqrt(np.prod(np.ptp(by_mesh, axis=0)))
            apart = float(np.linalg.norm(by_models - by_mesh, axis=1).mean() / size)
            ratio = np.clip((abs(yaw) - FRONTAL) / (TURNED - FRONTAL), MIN_RATIO, 1)
            if apart > (MAX_DISTANCE_FRONTAL if ratio == MIN_RATIO else MAX_DISTANCE_TURNED):
                continue
            points[index] = ratio * by_mesh + (1 - ratio) * by_models
            spreads[index] = BASE_SPREAD + between / 2
            if ratio == MIN_RATIO:
                spreads[index] += APART_SHARE * apart
        return points, spreads
