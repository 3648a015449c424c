import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from helpers.exported_finder import SIDES, finder_folder, five_points, red_cells

from pfld_mm.core.boxes import iou, landmark_boxes
from pfld_mm.core.finder.found_faces import FoundFaces
from pfld_mm.runtime import face_finder
from pfld_mm.runtime.face_finder import FaceFinder
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    return finder_folder(tmp_path_factory.mktemp('finder') / 'model')


def test_a_face_is_found_where_it_is(model):
    faces = FaceFinder(model)(red_cells((100, 150), [(9, 5)]))
    center = np.array([9 * 8 + 3.5, 5 * 8 + 3.5])
    np.testing.assert_allclose(
        faces.boxes, [[*(center - np.divide(SIDES, 2)), *(center + np.divide(SIDES, 2))]], atol=1e-3
    )
    np.testing.assert_allclose(faces.scores, [1], atol=1e-5)
    expected = center + five_points() * np.sqrt(np.prod(SIDES))
    np.testing.assert_allclose(faces.points, expected[None], atol=1e-3)
    assert faces.roll.tolist() == [0]


def test_roll_follows_from_the_points(tmp_path):
    faces = FaceFinder(finder_folder(tmp_path / 'tilted', roll=35.0))(red_cells((64, 64), [(4, 4)]))
    np.testing.assert_allclose(faces.roll, [35], atol=1e-3)


def test_no_face(model):
    faces = FaceFinder(model)(np.full((50, 60, 3), 128, np.uint8))
    assert len(faces) == 0 and faces.boxes.shape == (0, 4) and faces.points.shape == (0, 5, 2)


def test_large_images_are_searched_at_max_side(model):
    image = red_cells((1200, 1600), [(20, 10)], zoom=4)
    faces = FaceFinder(model, max_side=400)(image)
    np.testing.assert_allclose(faces.boxes.reshape(2, 2).mean(axis=0), (655.5, 335.5), atol=1)
    np.testing.assert_allclose(
        faces.boxes[0, 2:] - faces.boxes[0, :2], np.multiply(SIDES, 4), atol=1
    )


def test_min_face_searches_in_tiles_and_leaves_smaller_ones_out(model):
    # Two cells large: one cell of a tile is red wherever the tile begins.
    image = red_cells((1200, 1600), [(10, 5), (75, 50)], zoom=2)
    assert len(FaceFinder(model, max_side=300)(image)) == 0  # 3 pixels there
    faces = FaceFinder(model, max_side=300, min_face=14)(image)
    centers = faces.boxes.reshape(-1, 2, 2).mean(axis=1)
    distances = np.linalg.norm(centers[:, None] - [(167.5, 87.5), (1207.5, 807.5)], axis=2)
    assert (distances.min(axis=0) < 8).all() and (distances.min(axis=1) < 8).all()
    assert len(FaceFinder(model, max_side=1600, min_face=31)(image)) > 0
    assert len(FaceFinder(model, max_side=1600, min_face=33)(image)) == 0


def test_largest_first_across_tiles(model):
    image = red_cells((800, 1600), [(20, 10)], zoom=4)
    image[:200] = 0
    image[40:48, 80:88, 2] = 255
    faces = FaceFinder(model, max_side=400, min_face=14)(
        np.maximum(image, red_cells((800, 1600), [(20, 10)], zoom=4))
    )
    areas = np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)
    assert len(faces) >= 2 and (np.diff(areas) <= 0).all()


def test_min_score(model):
    image = red_cells((64, 64), [(4, 4)]) // 2  # a score of 0.5
    image[image > 0] = 140
    assert len(FaceFinder(model)(image)) == 1
    assert len(FaceFinder(model, min_score=0.6)(image)) == 0


@pytest.mark.parametrize('shape', [(1, 1), (3, 700), (31, 33), (900, 7)])
def test_every_size_has_an_answer(model, shape):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert FaceFinder(model, min_face=8)(noise).boxes.shape[1:] == (4,)


def test_gray_images_and_floats_are_taken(model):
    assert len(FaceFinder(model)(np.zeros((40, 50), np.float32))) == 0


def test_threads_share_a_finder(model):
    finder = FaceFinder(model, max_side=200)
    images = [red_cells((60 + 30 * i, 100 + 8 * i), [(3 + i, 4)]) for i in range(8)]
    expected = [finder(image).boxes for image in images]
    with ThreadPoolExecutor(4) as pool:
        for found, wanted in zip(pool.map(finder, images * 4), expected * 4, strict=True):
            assert (found.boxes == wanted).all()


def test_a_pickled_finder_finds_the_same(model):
    finder = FaceFinder(model, max_side=300, min_face=10, min_score=0.7)
    image = red_cells((64, 64), [(4, 4)])
    again = pickle.loads(pickle.dumps(finder))
    assert (again(image).boxes == finder(image).boxes).all()
    assert (again.max_side, again.min_face, again.min_score) == (300, 10, 0.7)
    assert again.folder.verify


def test_what_is_not_verified_is_not_verified_in_another_process(tmp_path):
    finder = FaceFinder(finder_folder(tmp_path / 'model'), verify=False)
    assert not pickle.loads(pickle.dumps(finder)).folder.verify


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(max_side=10), 'max_side'),
        (dict(max_side=float('nan')), 'max_side'),
        (dict(min_face=float('nan')), 'min_face'),
        (dict(min_face=float('inf')), 'min_face'),
        (dict(min_face=0), 'min_face'),
        (dict(min_score=1.5), 'min_score'),
    ],
)
def test_impossible_arguments_are_named(model, options, message):
    with pytest.raises(ValueError, match=message):
        FaceFinder(model, **options)


def test_models_for_something_else_are_refused(model, face_model):
    with pytest.raises(ValueError, match="not 'finder'"):
        FaceFinder(face_model)
    with pytest.raises(ValueError, match="not 'face'; use FaceFinder"):
        FaceLandmarker(model)


def test_thresholds_are_checked(tmp_path):
    folder = finder_folder(tmp_path / 'model')
    info = json.loads((folder / 'model.json').read_text(encoding='utf-8'))
    del info['thresholds']['max_iou']
    (folder / 'model.json').write_text(json.dumps(info), encoding='utf-8')
    with pytest.raises(ValueError, match=r'thresholds.max_iou'):
        FaceFinder(folder)


def test_the_landmarker_crops_tilted_faces_upright(tmp_path, face_model):
    finder = FaceFinder(finder_folder(tmp_path / 'tilted', roll=90.0))
    landmarker = FaceLandmarker(face_model, finder=finder, refine=False)
    image = red_cells((120, 160), [(9, 6)])
    faces = landmarker(image)
    assert faces.roll.tolist() == [90] and faces.finder_scores[0] > 0.9
    given = landmarker(image, finder(image))
    np.testing.assert_array_equal(given.points, faces.points)
    upright = landmarker(image, faces.boxes)
    # The hand-made network draws an upright face into every crop: a lying one into the image.
    down = faces.points[0, 8] - faces.points[0, 27]
    assert abs(down[0]) > 3 * abs(down[1]) and down[0] < 0
    down = upright.points[0, 8] - upright.points[0, 27]
    assert abs(down[1]) > 3 * abs(down[0]) and down[1] > 0


def test_pose_of_a_tilted_face_has_its_roll(tmp_path, face_model):
    image = red_cells((120, 160), [(9, 6)])
    tilted = FaceFinder(finder_folder(tmp_path / 'tilted', roll=40.0))
    pose = FaceLandmarker(face_model, finder=tilted)(image, pose=True).poses[0]
    flat = FaceLandmarker(face_model)(image, tilted(image).boxes, pose=True).poses[0]
    assert np.rad2deg(pose.roll - flat.roll) == pytest.approx(40, abs=6)


def close_up(index):
    """A drawn face that fills an image of 1,200 px, and its box (4,)."""
    image, points = render_face(sample_face(0, 'train', index))
    box = landmark_boxes(np.float32(points[None]))[0]
    center, side = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).max() * 1.3
    x, y = np.maximum(center - side / 2, 0).astype(int)
    image = image[y : y + int(side), x : x + int(side)]
    zoom = 1200 / max(image.shape)
    image = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    return image, (box - np.tile((x, y), 2)) * zoom


def test_close_ups_are_found_whole(monkeypatch):
    """The first find is the face, not a part of it."""
    images, true = zip(*map(close_up, range(10)), strict=True)

    def are_whole():
        finds = [FaceFinder()(image).boxes[:1] for image in images]
        return [
            len(box) == 1 and iou(box, t[None])[0, 0] > 0.5
            for box, t in zip(finds, true, strict=True)
        ]

    whole = are_whole()
    monkeypatch.setattr(face_finder, 'CLOSE_UP_SIDE', 10**9)
    assert all(whole) and sum(are_whole()) < 10


@pytest.mark.parametrize(('side', 'count'), [(390, 0), (410, 1)])
def test_the_second_search_counts_close_ups_alone(model, monkeypatch, side, count):
    sides = []

    def find(self, image, max_side):
        sides.append(max_side)
        boxes = np.zeros((0, 4)) if len(sides) == 1 else np.array([[9.0, 9, 9 + side, 99]])
        return FoundFaces.of_boxes(boxes)

    monkeypatch.setattr(FaceFinder, '_find', find)
    assert len(FaceFinder(model)(np.zeros((500, 1000, 3), np.uint8))) == count
    assert sides == [640, 320]
