"""Malformed labels, images, model folders and command lines: an answer, or one sentence by name.

A part of them each time; ``pytest tests/test_malformed.py --whole`` tries 1,000.
"""

import resource
import time
import warnings

import numpy as np
import pytest
from helpers.malformed import command_line, copied_model, image_sources, label_sources, mutate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pfld_mm.core.image import read_image
from pfld_mm.datasets.face.pseudo_labels import read_pseudo_labels
from pfld_mm.datasets.face.pts_file import PtsFile
from pfld_mm.datasets.face.wflw import WFLW
from pfld_mm.datasets.finder.finder_labels import read_finder_labels
from pfld_mm.datasets.readers.formats import read_labels
from pfld_mm.datasets.slider.slider_labels import read_slider_labels
from pfld_mm.runtime.__main__ import main
from pfld_mm.runtime.face_landmarker import FaceLandmarker

SEEDS = st.integers(0, 2**32 - 1)
READERS = {
    'labels': read_labels,
    'pseudo': lambda path: list(read_pseudo_labels(path)),
    'finder': read_finder_labels,
    'slider': read_slider_labels,
    'pts_file': PtsFile.read,
    'wflw': lambda path: WFLW(
        ann_file=str(path), data_prefix=dict(img=str(path.parent)), pipeline=[]
    ),
}


def examples(request, whole, part):
    """Settings with the number of examples that was asked for."""
    count = whole if request.config.getoption('--whole') else part
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # a seed cannot be made simpler
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def memory():
    """Less than 500 MB more than before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500 * 1024


def answer_or_sentence(run, name):
    """Run; the error that it may raise is one sentence that names the file."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter('error', RuntimeWarning)  # overflow: garbage would follow
        try:
            run()
        except (ValueError, OSError) as error:
            plain = (ValueError, FileNotFoundError, IsADirectoryError, NotADirectoryError)
            assert type(error) in plain or isinstance(error, OSError), repr(error)
            assert not isinstance(error, UnicodeError), repr(error)
            text = str(error)
            assert name in text and len(text) < 1500, text
    assert time.process_time() - start < 10


def test_labels(request, tmp_path):
    sources = label_sources(tmp_path)

    @examples(request, 400, 60)
    @given(SEEDS)
    def attack(seed):
        rng = np.random.default_rng(seed)
        kind, path = sources[rng.integers(len(sources))]
        valid = path.read_bytes()
        try:
            path.write_bytes(mutate(valid, rng))
            answer_or_sentence(lambda: READERS[kind](path), path.parent.name)
        finally:
            path.write_bytes(valid)

    attack()


def test_images(request, tmp_path):
    sources = image_sources(tmp_path)

    @examples(request, 250, 50)
    @given(SEEDS)
    def attack(seed):
        rng = np.random.default_rng(seed)
        path = sources[rng.integers(len(sources))]
        hostile = path.with_name('hostile' + path.suffix)
        hostile.write_bytes(mutate(path.read_bytes(), rng))
        answer_or_sentence(lambda: read_image(hostile), 'hostile')

    attack()


def test_model_folders(request, tmp_path):
    folder = copied_model(tmp_path / 'model')
    files = [folder / name for name in ('model.json', 'golden.npz', 'model.onnx')]

    @examples(request, 200, 20)
    @given(SEEDS, st.booleans())
    def attack(seed, verify):
        rng = np.random.default_rng(seed)
        path = files[rng.integers(len(files))]
        valid = path.read_bytes()
        try:
            path.write_bytes(mutate(valid, rng))
            answer_or_sentence(
                lambda: FaceLandmarker(folder, verify=verify).self_test(1e9), str(folder)
            )
        finally:
            path.write_bytes(valid)

    attack()


def test_command_lines(request, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    files = [*image_sources(tmp_path), tmp_path / 'text.txt', tmp_path / 'empty']
    (tmp_path / 'text.txt').write_text('no image')
    (tmp_path / 'empty').mkdir()

    @examples(request, 150, 20)
    @given(SEEDS)
    def attack(seed):
        words = command_line(np.random.default_rng(seed), files)
        start = time.process_time()
        try:
            status = main(words)
        except SystemExit as stop:  # argparse's
            status = stop.code
        assert status in (0, 1, 2)
        said = capsys.readouterr().err.strip()
        assert status == 0 or (said and 'Traceback' not in said), words
        assert time.process_time() - start < 10, words

    attack()
