import pickle

import numpy as np
import pytest

from pfld_mm.datasets.inside import inside
from pfld_mm.datasets.slider.slider_labels import read_slider_labels
from pfld_mm.runtime.slider_locator import SliderLocator


@pytest.mark.parametrize(
    'name', ['../a.jpg', 'b/../../a.jpg', '/etc/passwd', '..\\a.jpg', 'C:\\a.jpg', 'C:/a.jpg']
)
def test_names_that_lead_out(name):
    with pytest.raises(ValueError, match=r'list:3: the image .* is not below data; correct'):
        inside('data', name, 'list:3')
    assert inside('', name, 'list:3') == name


@pytest.mark.parametrize('name', ['a.jpg', 'b/a.jpg', '..a/b..c.jpg', './a.jpg'])
def test_names_below(name):
    assert inside('data', name, 'list:3') == f'data/{name}'


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'utf-16-le', 'gbk', 'latin-1'])
def test_slider_labels_in_any_encoding(tmp_path, encoding):
    path = tmp_path / 'labels.csv'
    path.write_bytes('image,gap_x,gap_y\nb\xe9.png,1,2\n'.encode(encoding, 'replace'))
    assert read_slider_labels(path)[0].gap == (1.0, 2.0)


@pytest.mark.parametrize('cell', ['1e300', '-1e7', 'nan', 'inf', '1_0x', 'a' * 200_000])
def test_slider_labels_that_are_no_coordinates(tmp_path, cell):
    path = tmp_path / 'labels.csv'
    path.write_text(f'image,gap_x,gap_y\na.png,{cell},2\n')
    with pytest.raises(ValueError, match=r'labels\.csv, line 2'):
        read_slider_labels(path)


def test_a_pickled_locator_opens_its_model_again():
    locator = SliderLocator()
    other = pickle.loads(pickle.dumps(locator))
    image = np.random.default_rng(0).integers(0, 255, (160, 320, 3), np.uint8)
    assert other(image) == locator(image)
