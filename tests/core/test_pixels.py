import numpy as np
import pytest

from pfld_mm.core.pixels import as_uint8


@pytest.mark.parametrize(
    'image',
    [np.uint8([0, 100, 255]), np.uint16([0, 25700, 65535]), np.float64([0, 100 / 255, 1])],
    ids=['uint8', 'uint16', 'float'],
)
def test_usual_ranges(image):
    found = as_uint8(image)
    assert found.dtype == np.uint8 and found.tolist() == [0, 100, 255]


@pytest.mark.parametrize('bad', [[-0.1], [1.1], [np.nan], [np.inf]])
def test_floats_of_another_range_are_refused(bad):
    with pytest.raises(ValueError, match=r'a float image must lie in 0..1, found'):
        as_uint8(np.array(bad))


@pytest.mark.parametrize('kind', [bool, np.int64, np.int8, complex])
def test_other_types_are_refused(kind):
    with pytest.raises(ValueError, match='expected an image of uint8, uint16 or float, found'):
        as_uint8(np.ones(3, kind))
