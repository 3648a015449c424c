import dataclasses

import numpy as np
import pytest

from pfld_mm.core.face_markups import WFLW98
from pfld_mm.core.head_pose import solve_head_pose
from pfld_mm.synth.faces.geometry import face_geometry
from pfld_mm.synth.faces.mesh import AXIS_Z, face_mesh
from pfld_mm.synth.faces.parameters import (
    Expression,
    FaceParameters,
    Identity,
)
from pfld_mm.synth.faces.sampling import sample_face


def errors_in_degrees(count, focal_known):
    errors = []
    for index in range(count):
        params = sample_face(1, 'train', index)
        points = face_geometry(params).landmarks()
        focal = params.focal * params.size if focal_known else None
        pose = solve_head_pose(points, (params.size, params.size), focal)
        errors.append(np.subtract((pose.yaw, pose.pitch, pose.roll), params.euler))
    return np.abs(np.rad2deg(errors))


def test_mean_face_has_exactly_its_euler_angles():
    """Without expression and identity only the closed mouth differs from the mean face."""
    for yaw, pitch, roll in ((0, 0, 0), (0.6, 0.2, -0.4), (-1.1, -0.3, 0.5)):
        params = FaceParameters(yaw=yaw, pitch=pitch, roll=roll)
        points = face_geometry(params).landmarks()
        pose = solve_head_pose(points, (256, 256), params.focal * 256)
        np.testing.assert_allclose((pose.yaw, pose.pitch, pose.roll), params.euler, atol=1e-3)


def test_euler_angles_agree_with_the_pose_of_the_points():
    """Whole population: the mean model meets other persons and expressions."""
    known = errors_in_degrees(300, focal_known=True)
    assert (np.median(known, axis=0) < (2, 4, 0.5)).all()  # measured: 1.1, 2.3, 0.2
    assert (known.max(axis=0) < (15, 25, 4)).all()  # measured: 10, 17, 1.8
    assumed = errors_in_degrees(300, focal_known=False)  # the image's width in place of it
    assert (np.median(assumed, axis=0) < (4, 6, 1)).all()  # measured: 1.9, 3.5, 0.3


def test_mirrored_parameters_give_mirrored_points():
    params = FaceParameters(
        yaw=0.5, pitch=0.1, roll=0.2, center=(0.45, 0.5), expression=Expression(gaze_x=0.5)
    )
    mirrored = dataclasses.replace(
        params, yaw=-0.5, roll=-0.2, center=(0.55, 0.5), expression=Expression(gaze_x=-0.5)
    )
    points = face_geometry(params).landmarks()
    expected = points[WFLW98.flip_indices] * (-1, 1) + (params.size, 0)
    np.testing.assert_allclose(face_geometry(mirrored).landmarks(), expected, atol=1e-6)


@pytest.mark.parametrize('yaw', [-1.1, -0.6, 0.6, 1.1])
def test_far_contour_follows_the_silhouette(yaw):
    geometry = face_geometry(FaceParameters(yaw=yaw))
    mesh = face_mesh()
    skin = geometry.project(mesh.offset + mesh.weights @ geometry.controls)
    points, rigid = geometry.landmarks()[:33], geometry.project(geometry.controls[:33])
    side, far = (1, np.arange(4, 12)) if yaw > 0 else (-1, np.arange(21, 29))
    for index in far:
        x, _, z = mesh.controls[index]
        cheek = side * mesh.azimuth < -0.4 * np.arctan2(abs(x), AXIS_Z - z)  # not nose and lips
        band = skin[cheek & (np.abs(skin[:, 1] - points[index, 1]) < 2)]
        beyond = side * points[index, 0] - (side * band[:, 0]).min()
        assert beyond < 0.02 * geometry.unit
    assert np.abs(points[far] - rigid[far]).max() > 0.1 * geometry.unit  # it has moved
    near = 32 - far
    np.testing.assert_allclose(points[near], rigid[near], atol=1e-6)


@pytest.mark.parametrize(
    ('expression', 'moved'),
    [
        (Expression(mouth_open=1), [16, 85, 94]),
        (Expression(smile=1), [76, 82]),
        (Expression(brow_raise=1), [35, 44]),
        (Expression(right_eye_closure=1, left_eye_closure=1), [62, 70]),
        (Expression(gaze_x=1), [96, 97]),
    ],
)
def test_expression_moves_its_points_and_not_the_nose(expression, moved):
    rest = face_geometry(FaceParameters()).landmarks()
    other = face_geometry(FaceParameters(expression=expression)).landmarks()
    distance = np.hypot(*(other - rest).T)
    assert (distance[moved] > 2).all()
    assert (distance[51:55] < 0.1).all()


@pytest.mark.parametrize('name', [field.name for field in dataclasses.fields(Identity)])
def test_every_identity_parameter_moves_points(name):
    rest = face_geometry(FaceParameters(yaw=0.3)).landmarks()
    other = face_geometry(FaceParameters(yaw=0.3, identity=Identity(**{name: 1.0}))).landmarks()
    assert np.hypot(*(other - rest).T).max() > 0.7


def test_points_lie_in_the_image():
    inside = []
    for index in range(200):
        params = sample_face(2, 'train', index)
        points = face_geometry(params).landmarks()
        inside.append(((points >= 0) & (points <= params.size - 1)).all(axis=1).mean())
    assert np.mean(inside) > 0.99


@pytest.mark.parametrize('yaw', [0.0, 0.6, -0.6])
def test_lids_of_a_closed_eye_meet_and_the_pupil_is_on_them(yaw):
    face = FaceParameters(yaw=yaw, expression=Expression(left_eye_closure=1, gaze_y=-1))
    points = face_geometry(face).landmarks()
    np.testing.assert_allclose(points[[69, 70, 71]], points[[75, 74, 73]], atol=1e-9)
    lid = points[68:73]
    assert points[97, 1] == pytest.approx(np.interp(points[97, 0], lid[:, 0], lid[:, 1]), abs=1.0)
    open_face = dataclasses.replace(face, expression=Expression(gaze_y=-1))
    still = np.r_[33:69, 72, 76:97]  # the other eye and the corners do not move
    rest = face_geometry(open_face).landmarks()
    np.testing.assert_allclose(points[still], rest[still], atol=1e-9)
    # the lids bend the skin between the controls, and with it the far silhouette a little
    assert np.hypot(*(points - rest)[:33].T).max() < 0.01 * face_geometry(face).unit


@pytest.mark.parametrize('closure', [0.0, 0.3, 0.6, 0.9, 1.0])
@pytest.mark.parametrize('gaze_y', [-1.0, 0.0, 1.0])
def test_the_pupil_is_between_the_lids(closure, gaze_y):
    face = Expression(right_eye_closure=closure, left_eye_closure=closure, gaze_y=gaze_y)
    controls = face_geometry(FaceParameters(expression=face)).controls
    for upper, lower, pupil in (
        ([60, 61, 62, 63, 64], [60, 67, 66, 65, 64], 96),
        ([68, 69, 70, 71, 72], [68, 75, 74, 73, 72], 97),
    ):
        x, y, _ = controls[pupil]
        top, bottom = (np.interp(x, *controls[lid, :2].T) for lid in (upper, lower))
        assert top - 1e-9 <= y <= bottom + 1e-9
