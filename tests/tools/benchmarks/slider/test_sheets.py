import cv2
import numpy as np
from benchmarks.slider.comparison import Method, answer_all
from benchmarks.slider.image_set import ImageSet, SliderImage
from benchmarks.slider.sheets import write_worst

from pfld_mm.evaluation.slider_sheet import PREDICTED, TRUE


def test_a_sheet_for_each_method_with_the_worst_first(tmp_path):
    def get(index):
        return SliderImage(np.full((240, 480, 3), 40 * index, np.uint8), (300, 100), None)

    images, errors = ImageSet('a set', 5, get), iter([1, 50, 0, None, 2])

    def locate(*_):
        error = next(errors)
        return None if error is None else (300 + error, np.nan)

    methods = [Method('x / y', locate), Method('never', lambda *_: (0, 0), needs_box=True)]
    write_worst(tmp_path / 'out', images, answer_all(images, methods), count=2)
    (path,) = (tmp_path / 'out').iterdir()
    sheet = cv2.imread(str(path))
    assert path.name == 'a_set_x_y.png' and sheet.shape == (240, 3 * 480, 3)
    assert sheet[230, 10, 0] == 120 and sheet[230, 490, 0] == 40, 'no answer, then 50 px'
    assert tuple(sheet[100, 480 + 350 + 12]) == PREDICTED
    around = sheet[80:120, 760:800].astype(int)
    assert np.abs(around - TRUE).sum(-1).min() < 40, 'a ring, softened by anti-aliasing'
