import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.exported_models import disc_box, disc_image, face_folder, face_shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pfld_mm.register  # noqa: F401

# isort: split
from mmpose.datasets.transforms import GetBBoxCenterScale

from pfld_mm.core.head_pose import crop_pose
from pfld_mm.datasets.transforms.crop_face import CropFace
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.haar_face_finder import HaarFaceFinder
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

NOISE = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
boxes_in_noise = st.tuples(
    st.floats(-60, 300), st.floats(-60, 220), st.floats(3, 500), st.floats(3, 500)
).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


def training_crop(image, box, size):
    """The image and the matrix numbers of the validation pipeline."""
    results = dict(img=image, bbox=np.array([box], np.float32))
    results = GetBBoxCenterScale(padding=1.2).transform(results)
    return CropFace(input_size=size).transform(results)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(box=boxes_in_noise)
def test_crop_is_that_of_training_to_the_bit(landmarker, box):
    if box[2] <= 0 or box[3] <= 0:
        return
    boxes = np.array([box], np.float32)
    expected = training_crop(NOISE, box, (112, 112))['img']
    tensor = landmarker.preprocess(NOISE, boxes)
    assert tensor.dtype == np.float32 and tensor.flags['C_CONTIGUOUS']
    expected = np.float32(expected[..., ::-1].transpose(2, 0, 1)) / np.float32(255)
    np.testing.assert_array_equal(tensor[0], expected)


@pytest.mark.parametrize('size', [(96, 128), (160, 112)])
def test_crop_of_other_sizes_and_bgr(tmp_path, size):
    folder = face_folder(
        tmp_path / 'm', size=size, color_order='BGR', mean=[1, 2, 3], std=[4, 5, 6], golden=False
    )
    box = (20.3, 30.8, 140.1, 222.2)
    tensor = FaceLandmarker(folder).preprocess(NOISE, np.array([box], np.float32))
    expected = (np.float32(training_crop(NOISE, box, size)['img']) - (1, 2, 3)) / (4, 5, 6)
    np.testing.assert_allclose(tensor[0], expected.transpose(2, 0, 1), atol=1e-5)


def test_points_go_back_as_mmpose_takes_them(landmarker):
    boxes = np.array([(20.3, 30.8, 140.1, 222.2), (-30, 10, 60, 70)], np.float32)
    output = np.random.default_rng(1).uniform(-0.2, 1.2, (2, 68, 2)).astype(np.float32)
    found = landmarker.postprocess(output, boxes).points
    for box, one, points in zip(boxes, output, found, strict=True):
        results = training_crop(NOISE, box, (112, 112))
        scale, center = results['input_scale'], results['input_center']
        # TopdownPoseEstimator.add_pred_to_datasample
        expected = one * (112, 112) / (112, 112) * scale + center - 0.5 * scale
        np.testing.assert_allclose(points, expected, atol=2e-4)


def test_finds_the_disc_in_image_coordinates(landmarker):
    center, radius = (150.0, 100.0), 50
    image = disc_image((240, 320), [center], radius)
    box = disc_box(center, radius) + (6, -4, 3, 5)
    landmarks = landmarker(image, box)
    expected = face_shape(68) * radius + center
    # a disc of pixels, resampled: its spread is not quite r / sqrt(2)
    np.testing.assert_allclose(landmarks.points[0], expected, atol=1.0)
    np.testing.assert_array_equal(landmarks.boxes[0], box.astype(np.float32))
    assert landmarks.poses is None and len(landmarks) == 1


def test_red_and_blue_are_not_swapped(landmarker):
    image = disc_image((240, 320), [(150, 100)], 50)
    image[..., :2] = 0
    box = disc_box((165, 110), 60)
    right = landmarker(image, box).points[0].mean(0)
    wrong = landmarker(image[..., ::-1], box).points[0].mean(0)
    target = face_shape(68).mean(0) * 50 + (150, 100)
    assert np.linalg.norm(right - target) < 1 and np.linalg.norm(wrong - target) > 10


@pytest.mark.parametrize('batch', [1, 3, 'N'])
def test_batches_give_what_single_faces_give(tmp_path, landmarker, batch):
    other = FaceLandmarker(face_folder(tmp_path / 'm', batch=batch))
    rng = np.random.default_rng(2)
    low = rng.uniform(0, 150, (40, 2))
    boxes = np.hstack([low, low + rng.uniform(20, 90, (40, 2))])
    many = other(NOISE, boxes).points
    one_by_one = np.concatenate([landmarker(NOISE, box).points for box in boxes])
    np.testing.assert_allclose(many, one_by_one, atol=1e-3)


@pytest.mark.parametrize('boxes', [[], np.zeros((0, 4)), np.zeros((0, 4), np.float32)])
def test_no_face_is_an_answer(landmarker, boxes):
    landmarks = landmarker(NOISE, boxes, pose=True)
    assert landmarks.points.shape == (0, 68, 2) and landmarks.points.dtype == np.float32
    assert landmarks.boxes.shape == (0, 4) and landmarks.poses == () and len(landmarks) == 0


def test_points_of_found_faces_are_refined(face_model):
    """A finder's box that is a fifth off costs nothing; a box that was given is taken as it is."""
    image, true = disc_image((240, 320), [(150, 100)], 50), disc_box((150, 100), 50)
    off = (true + np.float32([10, -8, 20, 4])).astype(np.float32)
    once, twice = (
        FaceLandmarker(face_model, finder=lambda _: off[None], refine=refine)
        for refine in (False, True)
    )
    expected = once(image, true).points
    np.testing.assert_array_equal(once(image).points, twice(image, off).points)
    errors = [np.abs(one(image).points - expected).mean() for one in (once, twice)]
    assert errors[1] < 0.7 * errors[0]
    np.testing.assert_allclose(twice(image).boxes[0], true, atol=2)


def test_points_in_a_fitting_box_are_not_sought_again(face_model, monkeypatch):
    image, true = disc_image((240, 320), [(80, 80), (220, 160)], 50), disc_box((80, 80), 50)
    off = disc_box((220, 160), 50) + np.float32([10, -8, 20, 4])
    landmarker = FaceLandmarker(face_model, finder=lambda _: np.stack([true, off]))
    batches = []
    inference = landmarker.inference
    monkeypatch.setattr(landmarker, 'inference', lambda x: batches.append(len(x)) or inference(x))
    landmarks = landmarker(image)
    assert batches == [2, 1]
    np.testing.assert_array_equal(landmarks.boxes[0], np.float32(true))
    np.testing.assert_allclose(landmarks.boxes[1], disc_box((220, 160), 50), atol=2)


def test_impossible_finds_of_the_finder_are_left_out(face_model):
    finds = [
        (20, 20, 90, 90),
        (-90, 20, -10, 90),
        (300, 20, 380, 90),
        (20, 20, 25, 25),
        (20, 20, np.nan, 90),
        (-3e38, -3e38, 3e38, 3e38),
    ]
    landmarker = FaceLandmarker(face_model, finder=lambda image: np.float32(finds), refine=False)
    landmarks = landmarker(NOISE)
    np.testing.assert_array_equal(landmarks.boxes, np.float32(finds[:1]))


def test_nothing_is_found_in_a_gray_image(face_model):
    assert len(FaceLandmarker(face_model)(np.full((200, 200, 3), 128, np.uint8))) == 0


def test_pose_is_that_of_the_crop(landmarker):
    image = disc_image((240, 320), [(150, 100)], 50)
    box = disc_box((145, 103), 55)
    pose = landmarker(image, box, pose=True).poses[0]
    output = landmarker.inference(landmarker.preprocess(image, np.float32(box)[None]))
    expected = crop_pose(output[0] * (112, 112), (112, 112))
    np.testing.assert_array_equal(pose.rotation, expected.rotation)
    assert abs(pose.yaw) < 0.05 and abs(pose.roll) < 0.05


def test_pose_of_a_mark_up_without_model_is_refused(tmp_path):
    landmarker = FaceLandmarker(face_folder(tmp_path / 'm', k=3, golden=False))
    with pytest.raises(ValueError, match='no 3-D face model for 3 points'):
        landmarker(NOISE, (10, 10, 90, 90), pose=True)
    assert landmarker(NOISE, (10, 10, 90, 90)).points.shape == (1, 3, 2)


def test_result_is_frozen_and_argument_unchanged(landmarker):
    image, boxes = NOISE.copy(), np.array([[10.0, 10, 90, 90]])
    landmarks = landmarker(image, boxes)
    np.testing.assert_array_equal(image, NOISE)
    with pytest.raises(AttributeError):
        landmarks.points = None


@pytest.mark.parametrize(
    ('box', 'message'),
    [
        ((0, 0, np.nan, 9), 'box 1.*not finite'),
        ((0, 0, np.inf, 9), 'box 1.*not finite'),
        ((5, 5, 5, 9), 'box 1.*no area'),
        ((9, 5, 5, 9), 'box 1.*no area'),
        ((-90, 5, -5, 90), 'box 1.*outside the image of 320 x 240'),
        ((320, 5, 360, 90), 'box 1.*outside'),
        ((0, 0, 0.5, 0.5), 'smaller than a pixel'),
        ((0, 0, 1e5, 1e5), 'over 20 times'),
    ],
)
def test_impossible_boxes_are_named(landmarker, box, message):
    with pytest.raises(ValueError, match=message):
        landmarker(NOISE, [(10, 10, 90, 90), box])


@pytest.mark.parametrize('boxes', [np.zeros((2, 5)), np.zeros((1, 1, 4)), [1, 2, 3], 7, [[]]])
def test_impossible_shapes_of_boxes(landmarker, boxes):
    with pytest.raises(ValueError, match=r'shape \(F, 4\)'):
        landmarker(NOISE, boxes)


number = st.floats(width=32, allow_nan=True, allow_infinity=True) | st.floats(-400, 400)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    height=st.integers(1, 80),
    width=st.integers(1, 80),
    boxes=st.lists(st.tuples(number, number, number, number), max_size=3),
)
def test_any_box_gives_finite_points_or_a_value_error(landmarker, height, width, boxes):
    try:
        landmarks = landmarker(NOISE[:height, :width], boxes)
    except ValueError as error:
        assert 'box' in str(error)
        return
    assert landmarks.points.shape == (len(boxes), 68, 2)
    assert np.isfinite(landmarks.points).all()


def test_self_test_proves_the_model(face_model, tmp_path):
    assert FaceLandmarker(face_model).self_test() < 1e-3
    wrong = face_folder(tmp_path / 'm')
    arrays = dict(np.load(wrong / 'golden.npz'))
    arrays['output'] = arrays['output'] + np.float32(0.001)  # 0.11 px
    np.savez(wrong / 'golden.npz', **arrays)
    with pytest.raises(RuntimeError, match=r'differ by 0\.11'):
        FaceLandmarker(wrong).self_test()
    assert FaceLandmarker(wrong).self_test(bound=0.2) > 0.1


def test_self_test_notices_the_color_order(tmp_path):
    folder = face_folder(tmp_path / 'm')
    arrays = dict(np.load(folder / 'golden.npz'))
    arrays['input'] = arrays['input'][:, ::-1]
    np.savez(folder / 'golden.npz', **arrays)
    with pytest.raises(RuntimeError, match='color order'):
        FaceLandmarker(folder).self_test()


def test_a_slider_model_is_refused(slider_model):
    with pytest.raises(ValueError, match='use SliderLocator'):
        FaceLandmarker(slider_model)


def test_a_model_with_another_number_of_points_is_refused(tmp_path):
    from helpers.exported_models import face_graph, face_info, write_folder

    folder = write_folder(tmp_path / 'm', face_info(k=98), face_graph(k=68), golden=False)
    with pytest.raises(ValueError, match=r'expected 98 points.*\(1, 68, 2\)'):
        FaceLandmarker(folder)(NOISE, (10, 10, 90, 90))


def test_standard_deviations_become_scores_and_pixels(face_model):
    landmarker = FaceLandmarker(face_model)
    boxes = np.float32([[50, 40, 150, 140]])
    tensor = landmarker.preprocess(np.zeros((200, 200, 3), np.uint8), boxes)
    points = landmarker.inference(tensor)
    sigma = np.full_like(points, 0.02)
    sigma[..., 1] = 0.04
    plain = landmarker.postprocess(points, boxes)
    faces = landmarker.postprocess(np.concatenate([points, sigma], -1), boxes)
    np.testing.assert_array_equal(faces.points, plain.points)
    assert plain.scores is plain.sigmas is None
    # box 100 px, padding 1.2: the crop is 120 px wide
    np.testing.assert_allclose(faces.sigmas[0, 0], [2.4, 4.8], rtol=1e-5)
    np.testing.assert_allclose(faces.scores, 0.97, rtol=1e-5)


def test_pickled_it_opens_its_model_again(face_model):
    landmarker = FaceLandmarker(face_model, finder=HaarFaceFinder(min_side=0.3))
    image = disc_image((200, 200), [(90, 110)], 30)
    box = disc_box((90, 110), 30)[None]
    again = pickle.loads(pickle.dumps(landmarker))
    np.testing.assert_array_equal(again(image, box).points, landmarker(image, box).points)
    assert again.finder.min_side == 0.3


def test_threads_share_one_landmarker_with_the_default_finder(face_model):
    landmarker = FaceLandmarker(face_model)
    images = [render_face(sample_face(0, 'train', index))[0] for index in range(8)]
    expected = [landmarker(image).points for image in images]
    assert sum(map(len, expected)) > 0
    with ThreadPoolExecutor(8) as pool:
        for _ in range(4):
            for found, wanted in zip(pool.map(landmarker, images), expected, strict=True):
                np.testing.assert_array_equal(found.points, wanted)


def test_two_finds_of_one_face_give_it_once(face_model):
    """Boxes that overlap by a third lead to the same points."""
    image, true = disc_image((240, 320), [(150, 100)], 50), disc_box((150, 100), 50)
    finds = np.float32([true + [12, 0, 12, 0], true - [12, 0, 12, 0]])
    landmarker = FaceLandmarker(face_model, finder=lambda _: finds)
    assert len(landmarker(image)) == 1 and len(landmarker(image, finds)) == 2
