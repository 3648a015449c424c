"""Whom the mesh teacher trusts: models on frontal faces, the mesh on turned ones."""

import cv2
import numpy as np
import pytest
from helpers.mesh_head import mesh_head, turn, views_of
from labelling.media_pipe_mesh import MeshViews
from labelling.mesh_teacher import MeshTeacher

from pfld_mm.datasets.face.annotated_face import AnnotatedFace

BOX = np.array([[0.0, 0.0, 200.0, 200.0]], np.float32)


class FakeMesh:
    """Gives the views it was told to, whatever the image."""

    def __init__(self, views):
        self.views = views

    def __call__(self, image, box):
        view = self.views.pop(0)
        return MeshViews(np.repeat(view.meshes, 2, 0), np.repeat(view.mirrored, 2))


@pytest.fixture
def teach(tmp_path):
    vertices, mirror, chosen = mesh_head()
    path = str(tmp_path / 'face.png')
    cv2.imwrite(path, np.zeros((8, 8, 3), np.uint8))
    meshes = [100 * turn(vertices, yaw) + 150 for yaw in np.linspace(-4, 4, 60)]
    faces = [AnnotatedFace(np.float32(mesh[chosen, :2]), path, 'a test') for mesh in meshes]

    def label(yaw, shift, few=False):
        """Label one face that the models see `shift` px beside its place."""
        mesh = 100 * turn(vertices, yaw) + 150
        views = views_of(mesh, mirror)
        fake = FakeMesh([*[views_of(m, mirror) for m in meshes], views])
        truth = mesh[chosen, :2]
        teacher = MeshTeacher(lambda image, boxes: ((truth + shift)[None], None), fake, faces)
        if few:
            teacher.mesh = lambda image, box: views
        points, spread = teacher(np.zeros((300, 300, 3), np.uint8), BOX)
        return points[0] - truth, spread[0]

    return label


def test_a_frontal_face_is_mostly_the_models(teach):
    error, spread = teach(yaw=3, shift=6.0)
    np.testing.assert_allclose(error[33:], 4.5, atol=0.5)
    assert 0.012 < spread < 0.04


def test_a_turned_face_is_the_meshs_alone(teach):
    error, _ = teach(yaw=50, shift=8.0)
    assert np.abs(error[33:]).max() < 2


def test_no_label_where_they_disagree_or_the_mesh_is_unsure(teach):
    for case in (dict(yaw=3, shift=30.0), dict(yaw=50, shift=60.0), dict(yaw=3, shift=0, few=True)):
        error, spread = teach(**case)
        assert np.isnan(error).all() and spread == np.inf
