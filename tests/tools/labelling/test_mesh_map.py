"""98 points from a 468-vertex mesh: mirror, poses that no label shows, the silhouette."""

import numpy as np
import pytest
from helpers.mesh_head import mesh_head, turn, views_of
from labelling.media_pipe_mesh import MeshViews
from labelling.mesh_map import RIGHT, MeshMap


@pytest.fixture(scope='module')
def head():
    return mesh_head()


@pytest.fixture(scope='module')
def learnt(head):
    vertices, mirror, chosen = head
    rng = np.random.default_rng(1)
    views, points = [], []
    for _ in range(120):
        mesh = 100 * turn(vertices, rng.uniform(-4, 4)) + rng.uniform(50, 90, 3)
        views.append(views_of(mesh, mirror))
        points.append(mesh[chosen, :2])
    return MeshMap(views, np.array(points))


def test_it_finds_which_vertices_are_counterparts(head, learnt):
    assert np.array_equal(learnt.mirror, head[1])


@pytest.mark.parametrize('yaw', [-50, -20, 0, 35, 60])
def test_points_fixed_to_the_head_hold_in_poses_never_seen(head, learnt, yaw):
    vertices, mirror, chosen = head
    mesh = 100 * turn(vertices, yaw) + 70
    merged, spread = learnt.merge(views_of(mesh, mirror))
    points, found = learnt(merged)
    assert found == pytest.approx(yaw, abs=0.5)
    assert spread == pytest.approx(0, abs=1e-9)
    assert np.abs(points - mesh[chosen, :2])[33:].max() < 2  # 1 % of the head


def test_the_far_contour_goes_out_to_the_silhouette(head, learnt):
    vertices, _, chosen = head
    mesh = 100 * turn(vertices, 45) + 70
    points, _ = learnt(mesh)
    for point in points[RIGHT]:
        level = np.abs(mesh[:, 1] - point[1]) < 5
        assert point[0] > mesh[level, 0].max() - 3
    assert (points[RIGHT, 0] >= mesh[chosen, 0][RIGHT] - 2).all()


def test_views_that_differ_have_a_spread(head, learnt):
    mesh = 100 * head[0]
    _, spread = learnt.merge(MeshViews(np.stack([mesh, mesh + [8, 0, 0]]), np.array([False] * 2)))
    assert spread == pytest.approx(4 / np.ptp(mesh[:, :2], axis=0).max())


def test_too_few_faces_are_named(head):
    with pytest.raises(ValueError, match='at least 50 faces'):
        MeshMap([views_of(head[0], head[1])], np.zeros((1, 98, 2)))
