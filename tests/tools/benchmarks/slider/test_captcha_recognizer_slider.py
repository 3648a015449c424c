import sys

import numpy as np
import onnx
import pytest
from benchmarks.slider.captcha_recognizer_slider import CaptchaRecognizerSlider
from helpers.exported_models import slider_graph

PACKAGE = """
class Slider:
    session = None

    def identify(self, source):
        assert self.session is not None and source.ndim == 3
        return ([10.0, 20.0, 31.0, 40.0], 0.9) if source.any() else ([], 0.0)
"""


NAMES = ('captcha_recognizer', 'captcha_recognizer.slider')


@pytest.fixture
def forgotten():
    """As if the package had never been imported, before and after."""
    known = {name: sys.modules.pop(name) for name in NAMES if name in sys.modules}
    yield
    for name in NAMES:
        sys.modules.pop(name, None)
    sys.modules.update(known)


@pytest.fixture
def package(tmp_path, monkeypatch, forgotten):
    """A stand-in with the package's interface."""
    folder = tmp_path / 'captcha_recognizer'
    (folder / 'models').mkdir(parents=True)
    (folder / '__init__.py').touch()
    (folder / 'slider.py').write_text(PACKAGE)
    onnx.save(slider_graph(), str(folder / 'models' / 'slider.onnx'))
    monkeypatch.syspath_prepend(tmp_path)


def test_the_answer_is_the_centre_of_the_box_or_none(package):
    baseline = CaptchaRecognizerSlider()
    assert baseline(np.ones((50, 90, 3), np.uint8)) == (20.5, 30)
    assert baseline(np.zeros((50, 90, 3), np.uint8)) is None


@pytest.mark.parametrize('threads', [1, 2])
def test_its_session_has_as_many_threads_as_asked(package, threads):
    session = CaptchaRecognizerSlider(threads).slider.session
    assert session.get_session_options().intra_op_num_threads == threads
    assert session.get_providers() == ['CPUExecutionProvider']


def test_a_missing_package_says_how_to_install_it(forgotten):
    sys.modules['captcha_recognizer'] = None
    with pytest.raises(ImportError, match=r'pip install captcha-recognizer'):
        CaptchaRecognizerSlider()


def test_the_real_package_finds_a_generated_gap():
    pytest.importorskip('captcha_recognizer', reason='pip install captcha-recognizer')
    from benchmarks.slider.image_set import synthetic_sets

    baseline, images = CaptchaRecognizerSlider(), synthetic_sets(None, 8, 1)[0]
    cases = [images.get(i) for i in range(8)]
    answers = [(baseline(case.image), case.gap) for case in cases]
    near = [np.hypot(*np.subtract(answer, gap)) < 5 for answer, gap in answers if answer]
    assert sum(near) >= 4
