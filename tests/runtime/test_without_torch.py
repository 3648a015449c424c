"""The runtime needs numpy, OpenCV and onnxruntime alone; torch and mm* are locked away here."""

import subprocess
import sys
from pathlib import Path

import cv2
from helpers.exported_models import disc_image

ROOT = Path(__file__).parents[2]

LOCK = """
import sys
LOCKED = ('torch', 'torchvision', 'mmengine', 'mmcv', 'mmpose', 'mmdeploy', 'mmdet',
          'albumentations', 'matplotlib', 'scipy', 'PIL', 'onnx', 'openvino', 'ncnn', *MORE)

class Lock:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in LOCKED:
            raise AssertionError(f'{name} was imported')

sys.meta_path.insert(0, Lock())
"""

IMPORT = """
import pkgutil
import pfld_mm.runtime
for module in pkgutil.walk_packages(pfld_mm.runtime.__path__, 'pfld_mm.runtime.'):
    if not module.name.endswith('__main__'):
        __import__(module.name)
for name in pfld_mm.runtime.__all__:
    getattr(pfld_mm.runtime, name)
assert not [m for m in sys.modules if m.startswith('pfld_mm.models')]
"""

RUN = """
import cv2, numpy as np
from pfld_mm.runtime import FaceLandmarker, FaceTracker, OneEuro, SliderLocator
image = cv2.imread(sys.argv[3])
landmarker = FaceLandmarker(sys.argv[1])
landmarker.self_test()
assert landmarker(image, (60, 80, 120, 140), pose=True).points.shape == (1, 68, 2)
landmarker(image)
FaceTracker(landmarker, OneEuro)(image, 0.0)
SliderLocator(sys.argv[2]).self_test()
sys.argv[1:] = [sys.argv[3], '--model', sys.argv[1], '--out', sys.argv[4]]
import runpy
runpy.run_module('pfld_mm.runtime', run_name='__main__')
"""


def run(code, more=(), arguments=()):
    program = f'MORE = {tuple(more)!r}\n{LOCK}{code}'
    # -S without -E would lose the environment's packages: the lock is what keeps torch out
    return subprocess.run(
        [sys.executable, '-c', program, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_importing_loads_no_backend():
    done = run(IMPORT, more=['onnxruntime'])
    assert done.returncode == 0, done.stderr


def test_running_needs_only_three_packages(face_model, slider_model, tmp_path):
    image = tmp_path / 'image.png'
    cv2.imwrite(str(image), disc_image((200, 200), [(90, 110)], 30))
    done = run(RUN, arguments=[face_model, slider_model, image, tmp_path / 'out.png'])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'out.png').is_file()


def test_the_lock_would_notice():
    done = run('import mmengine.config')
    assert done.returncode != 0 and 'mmengine was imported' in done.stderr
