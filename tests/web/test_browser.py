"""The browser demo computes what Python does: in a real Chromium, from crop to pose."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from chromium import Chromium, find_chromium
from folder_server import FolderServer

from pfld_mm.core.crop import crop, crop_matrix
from pfld_mm.core.openness import OPENINGS_98, eye_openness
from pfld_mm.runtime import FaceFinder, FaceLandmarker
from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

ROOT = Path(__file__).parents[2]
BUILT = ROOT / 'build/web'
MODELS = ('pfld_ghostone_98', 'pfld_ghostone_68', 'pfld_ghostnet_slim_half_98')
BOUND = 0.05
"""Pixels of the input, as in the self-test."""

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason='no Chromium on this machine'),
    pytest.mark.skipif(sys.platform == 'win32', reason='drives Chromium over inherited pipes'),
]


@pytest.fixture(scope='module')
def address(tmp_path_factory):
    """Of a server of the demo as it stands in this tree."""
    import web  # tools/web.py

    try:
        web.fetch_runtime(BUILT / 'ort')  # once: make web and later runs find it there
    except (SystemExit, subprocess.CalledProcessError) as error:
        pytest.skip(f'onnxruntime-web cannot be had from the npm registry: {error}')
    out = tmp_path_factory.mktemp('web')
    (out / 'ort').symlink_to(BUILT / 'ort')
    web.build(out)
    with FolderServer(out) as address:
        yield address


@pytest.fixture(scope='module')
def page(address, tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp('profile'))
    browser.open(f'{address}/style.css')  # of the same origin, without the page's own work
    yield browser
    browser.close()


def image_script(image):
    """JavaScript that makes the RGBA image {data, width, height} of a BGR one."""
    rgba = base64.b64encode(cv2.cvtColor(image, cv2.COLOR_BGR2RGBA).tobytes()).decode()
    height, width = image.shape[:2]
    return (
        f'const bytes = atob("{rgba}");'
        'const data = Uint8ClampedArray.from(bytes, (c) => c.charCodeAt(0));'
        f'const image = {{data, width: {width}, height: {height}}};'
    )


def scene():
    """Three drawn faces, the last tilted, larger than what the finder searches."""
    faces = [render_face(sample_face(0, 'test', index, 300))[0] for index in (3, 5, 11)]
    turn = cv2.getRotationMatrix2D((150, 150), 35, 1)
    faces[2] = cv2.warpAffine(faces[2], turn, (300, 300), borderMode=cv2.BORDER_REFLECT)
    return np.hstack(faces)


@pytest.mark.parametrize('name', MODELS)
def test_golden_pairs(page, name):
    """The golden image becomes the golden input, and the points are those of the export."""
    golden = ModelFolder.read(name).golden()
    expected = golden.outputs.get('onnxruntime', golden.output)
    tensor, output = page.run(
        image_script(golden.image)
        + f"""
        const {{Session, fetchJson}} = await import('/session.js');
        const {{networkInput}} = await import('/network_input.js');
        const catalog = await fetchJson('./models/catalog.json');
        const entry = catalog.landmarks.find(({{id}}) => id === '{name}');
        const info = await fetchJson(entry.info);
        const {{data: tensor, dims}} = networkInput([image], info);
        const session = await Session.open(entry.file);
        const output = await session.run(tensor, dims);
        return [[...tensor], [...output.data]];"""
    )
    assert np.array_equal(np.float32(tensor), golden.input.ravel())
    difference = np.abs(np.reshape(output, expected.shape) - expected)[..., :2].max() * 112
    assert difference <= BOUND, f'{difference:.3f} px'


def test_finder_golden_pair(page):
    """The finder's map of its golden image, and the faces in it."""
    golden = ModelFolder.read('face_finder').golden()
    finder = FaceFinder()
    expected = finder(golden.image)
    tensor, faces = page.run(
        image_script(golden.image)
        + """
        const {Session, fetchJson} = await import('/session.js');
        const {Finder, finderInput} = await import('/finder.js');
        const catalog = await fetchJson('./models/catalog.json');
        const session = await Session.open(catalog.finder.file);
        const finder = new Finder(session, await fetchJson(catalog.finder.info));
        return [[...finderInput(image, 640).data], await finder.find(image)];"""
    )
    assert np.array_equal(np.float32(tensor), golden.input.ravel())
    assert len(faces) == len(expected) > 0
    assert np.abs([f['box'] for f in faces] - expected.boxes).max() <= 0.05
    assert np.abs([f['points'] for f in faces] - expected.points).max() <= 0.05


@pytest.mark.parametrize(
    ('extent', 'roll'), [(112.0, 0.0), (90.3, 0.0), (200.5, -31.7), (260.0, 12.3), (430.7, 170.0)]
)
def test_crops_are_equal_to_the_bit(page, extent, roll):
    """Enlarged, reduced, averaged first (2 and 3 pixels), turned, and over the border."""
    image = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (301, 400, 3), np.uint8), (0, 0), 1
    )
    center = (61.4, 100.7)
    expected = crop(image, crop_matrix(center, (extent, extent), roll, (112, 112)), (112, 112))
    found = page.run(
        image_script(image)
        + f"""
        const {{crop, cropMatrix}} = await import('/crop.js');
        const matrix = cropMatrix({list(center)}, {extent}, {roll}, [112, 112]);
        return [...crop(image, matrix, [112, 112]).data];"""
    )
    rgb = np.reshape(found, (112, 112, 4))[..., :3]
    assert np.array_equal(rgb[..., ::-1], expected)


@pytest.mark.parametrize(('zoom', 'bound'), [(0.6, 0.05), (1.0, 0.2)])
def test_photo_to_points(page, zoom, bound):
    """Finder, landmarks, deviations, pose and openness are Python's.

    Where the finder reduces the image, its input may differ by one step of 255; a box moves by
    hundredths of a pixel, and the points with it.
    """
    image = cv2.resize(scene(), None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    expected = FaceLandmarker()(image, pose=True)
    assert len(expected) == 3
    faces = page.run(
        image_script(image)
        + """
        const {Pipeline, readCatalog} = await import('/pipeline.js');
        const pipeline = await Pipeline.open(await readCatalog(), 'pfld_ghostone_98');
        return (await pipeline.run(image)).faces;"""
    )
    assert len(faces) == 3
    assert np.abs([f['points'] for f in faces] - expected.points).max() <= bound
    assert np.abs([f['sigmas'] for f in faces] - expected.sigmas).max() <= bound
    assert np.abs([f['scores'] for f in faces] - expected.scores).max() <= 1e-3
    for face, pose in zip(faces, expected.poses, strict=True):
        angles = np.rad2deg([pose.yaw, pose.pitch, pose.roll])
        found = [face['pose'][name] for name in ('yaw', 'pitch', 'roll')]
        assert np.abs(found - angles).max() <= 0.2
    eyes = [[f['openness']['right'], f['openness']['left']] for f in faces]
    assert np.abs(eyes - eye_openness(expected.points, OPENINGS_98)).max() <= 0.01


def test_page(page, address, tmp_path):
    """The page shows the example's three faces, and asks nobody but its own host."""
    page.call(
        'Emulation.setDeviceMetricsOverride',
        width=1000,
        height=800,
        deviceScaleFactor=1,
        mobile=False,
    )
    page.open(f'{address}/index.html')
    rows = page.run(
        """
        const error = document.getElementById('error');
        while (!document.body.dataset.ready && !error.textContent)
          await new Promise((resolve) => setTimeout(resolve, 50));
        if (error.textContent) throw new Error(error.textContent);
        return [...document.querySelectorAll('#faces tr')].map((row) => row.innerText);"""
    )
    assert len(rows) == 3
    page.screenshot(Path(os.environ.get('PFLD_MM_SCREENSHOT', tmp_path / 'page.png')))
    assert all(url.startswith(address) for url in page.requests())
    text = page.run('return document.body.innerText')
    assert 'No image leaves it' in text
