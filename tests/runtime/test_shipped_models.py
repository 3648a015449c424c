"""The models that come with the package work from the start."""

import json

import cv2
import numpy as np
import onnx
import pytest
import torch
from helpers.runs import ROOT
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.apis import inference_topdown, init_model
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from onnx import TensorProto, numpy_helper

from pfld_mm.core.boxes import iou
from pfld_mm.core.face_markups import MARKUPS
from pfld_mm.datasets.face.markup_map import IN_WFLW
from pfld_mm.runtime import FaceFinder, FaceLandmarker, SliderLocator
from pfld_mm.runtime.face_landmarker import DEFAULT_MODEL, MAX_RELATIVE_SIGMA
from pfld_mm.runtime.model_folder import SHIPPED, ModelFolder, shipped_models
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

TASKS = {
    name: json.loads((SHIPPED / name / 'model.json').read_text())['task']
    for name in shipped_models()
}
FACES, SLIDERS, FINDERS = (
    [name for name, task in TASKS.items() if task == wanted]
    for wanted in ('face', 'slider', 'finder')
)


CONFIGS = {
    'pfld_ghostone_98': 'pfld_ghostone_finetune',
    'pfld_ghostone_68': 'pfld_ghostone_finetune_300w',
    'pfld_ghostnet_slim_half_98': 'pfld_ghostnet_slim_half_wflw',
    'litehrnet18_fast_slider': 'litehrnet18_fast_slider',
    'face_finder': 'face_finder',
}


def test_both_mark_ups_are_shipped():
    assert DEFAULT_MODEL in FACES
    points = {FaceLandmarker(name).info.num_keypoints for name in FACES}
    assert points == set(MARKUPS)


@pytest.mark.parametrize('name', shipped_models())
def test_a_model_card_says_what_it_learnt_from(name):
    card = (SHIPPED / name / 'README.md').read_text()
    figure = dict(face='NME', slider='within 5 px', finder='faces found')[TASKS[name]]
    for word in ('non-commercial', figure, 'Failures'):
        assert word in card


FORMS = [(name, form) for name in FACES for form in ModelFolder.read(name).info.files]


@pytest.mark.parametrize(('name', 'form'), FORMS)
def test_golden_pairs(name, form):
    FaceLandmarker(name, form).self_test()


@pytest.mark.parametrize('name', [name for name, form in FORMS if form == 'onnxruntime_int8'])
def test_int8_weights_have_seven_bits(name):
    """So that no processor's sums saturate, see ``deploy.graph.quantise``."""
    graph = onnx.load(str(ModelFolder.read(name).path / 'model.int8.onnx')).graph
    int8 = [w for w in graph.initializer if w.data_type == TensorProto.INT8]
    kernels = [numpy_helper.to_array(w).astype(int) for w in int8 if len(w.dims) == 4]
    assert len(kernels) > 20
    assert max(np.abs(kernel).max() for kernel in kernels) <= 64


@pytest.mark.parametrize('name', FACES)
def test_drawn_faces(name):
    """It never saw a drawing: a gross check of color order, crop and order of the points."""
    landmarker = FaceLandmarker(name)
    errors = []
    for index in range(12):
        image, points = render_face(sample_face(3, 'test', index))
        box = np.concatenate([points.min(0), points.max(0)])
        found = landmarker(image, box).points[0]
        truth = points if len(found) == 98 else points[IN_WFLW]
        eyes = np.linalg.norm(points[60] - points[72])
        errors.append(np.linalg.norm(found - truth, axis=1).mean() / eyes)
    assert np.median(errors) < 0.15


@pytest.mark.parametrize('name', FINDERS)
def test_golden_pair_of_a_finder(name):
    finder = FaceFinder(name)
    finder.self_test()
    assert len(finder(finder.folder.golden().image)) > 0
    assert (finder.folder.path / 'model.onnx').stat().st_size < 1.2e6


@pytest.mark.parametrize('name', FINDERS)
def test_drawn_faces_are_found_and_puzzles_are_no_faces(name):
    """A gross check of color order, box and scale."""
    finder, hits = FaceFinder(name), []
    for index in range(12):
        image, points = render_face(sample_face(3, 'test', index))
        box = np.concatenate([points.min(0), points.max(0)])[None]
        found = finder(image)
        hits.append(len(found) > 0 and iou(found.boxes, box).max() > 0.5)
    assert np.mean(hits) >= 0.75
    generator = PuzzleGenerator(seed=8, size=(620, 310))
    assert sum(len(finder(generator[index].image)) for index in range(6)) <= 1


def test_the_default_model_for_puzzles_is_shipped():
    assert SliderLocator().folder.path.name in SLIDERS


@pytest.mark.parametrize('name', SLIDERS)
def test_golden_pair_of_a_puzzle(name):
    SliderLocator(name).self_test()


@pytest.mark.parametrize('name', SLIDERS)
def test_drawn_puzzles(name):
    """Plain puzzles on drawn grounds: most of the gaps, to a few pixels."""
    locator = SliderLocator(name)
    plain = dict(decoys=0, turned=0.0, piece=1.0, clutter=False, degrade=False, shapes=('jigsaw',))
    generator = PuzzleGenerator(seed=9, size=(620, 310), looks=('dark', 'light'), **plain)
    puzzles = [generator[index] for index in range(20)]
    gaps = [(locator(puzzle.image).gap, puzzle.gap) for puzzle in puzzles]
    away = [np.hypot(*(np.array(found) + 0.5 - true)) if found else np.inf for found, true in gaps]
    assert np.median(away) < 3


@pytest.mark.parametrize('name', SLIDERS)
def test_the_runtime_gives_what_is_measured_in_training(name):
    """Gap and piece of puzzles, through MMPose's own inference and through the exported file."""
    locator = SliderLocator(name)
    config = ROOT / 'configs' / f'{CONFIGS[name]}.py'
    model = init_model(str(config), str(locator.folder.path / 'checkpoint.pth'), device='cpu')
    generator = PuzzleGenerator(seed=8, size=(620, 310), piece=1.0, degrade=False)
    for index in range(6):
        image = generator[index].image
        found, expected = locator(image), inference_topdown(model, image)[0].pred_instances
        assert expected.keypoint_scores.shape == (1, 2)
        np.testing.assert_allclose((found.gap, found.piece), expected.keypoints[0], atol=0.05)


@pytest.mark.parametrize('name', shipped_models())
def test_the_checkpoint_is_the_model(name):
    """It loads as plain data and answers what the exported file answers."""
    folder = ModelFolder.read(name)
    weights = torch.load(folder.path / 'checkpoint.pth', map_location='cpu', weights_only=True)
    cfg = Config.fromfile(ROOT / 'configs' / f'{CONFIGS[name]}.py')
    init_default_scope('mmpose')
    model = MODELS.build(cfg.model).eval()
    model.load_state_dict(weights['state_dict'], strict=True)
    golden = folder.golden()
    image = golden.image if golden.image.shape[2] == 3 else golden.image[..., [2, 1, 0, 3]]
    crop = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    data = model.data_preprocessor(dict(inputs=[crop], data_samples=[PoseDataSample()]))
    with torch.no_grad():
        output = model(data['inputs'], None, mode='tensor').numpy()
    np.testing.assert_allclose(output.ravel(), golden.output.ravel(), atol=1e-4)


def test_what_is_no_face_is_dropped_by_its_points():
    """The default model is sure of a drawn face and unsure of noise and puzzles."""
    landmarker = FaceLandmarker()
    image, points = render_face(sample_face(3, 'test', 0))
    box = np.concatenate([points.min(0), points.max(0)])
    sure = landmarker(image, box).relative_sigma()
    noise = np.random.default_rng(0).integers(0, 256, image.shape, np.uint8)
    assert sure < MAX_RELATIVE_SIGMA < landmarker(noise, box).relative_sigma()
    puzzles = PuzzleGenerator(seed=5, size=(620, 310))
    assert sum(len(landmarker(puzzles[index].image)) for index in range(10)) == 0


@pytest.mark.parametrize(
    ('name', 'file', 'given', 'expected'),
    [(name, 'model.onnx', 'input', 'output') for name in shipped_models()]
    + [(name, 'pair_verifier.onnx', 'squares', 'squares_output') for name in SLIDERS],
)
def test_opencv_reads_the_float_files(name, file, given, expected):
    golden = np.load(SHIPPED / name / 'golden.npz')
    network = cv2.dnn.readNetFromONNX(str(SHIPPED / name / file))
    network.setInput(golden[given])
    np.testing.assert_allclose(network.forward(), golden[expected], atol=1e-3)
