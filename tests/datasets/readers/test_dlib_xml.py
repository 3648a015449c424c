import pytest
from helpers.label_files import WRITERS, draw_plates

from pfld_mm.datasets.readers.dlib_xml import read_dlib_xml
from pfld_mm.datasets.readers.usable import only_usable


def read(tmp_path, old, new):
    path = WRITERS['dlib'](draw_plates(tmp_path / 'set', 5))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return read_dlib_xml(path, path.parent)


@pytest.mark.parametrize(
    ('old', 'new', 'reason'),
    [
        ("name='top_left'", "name='top_right'", "the part 'top_right' is there twice"),
        ("name='top_left'", "name=''", 'a part has no name'),
        ("name='top_left'", '', 'a part has no name'),
        ("<box top='", "<box ignore='1' top='", 'it says ignore'),
    ],
)
def test_boxes_that_are_left_out(tmp_path, old, new, reason):
    labels = read(tmp_path, old, new)
    assert len(labels.objects) == 4 and '' not in labels.names
    assert labels.left_out[0].endswith(f"image 'images/plate_0.png', box 0: {reason}")


def test_images_of_another_size_are_left_out(tmp_path):
    labels = only_usable(read(tmp_path, '<image ', "<image width='480' height='360' "))
    assert len(labels.objects) == 4 and 'an image of 480 x 360, but' in labels.left_out[0]


def test_malformed_numbers_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"box 0, part 'top_left': expected 2 finite .*'4_"):
        read(tmp_path, "'top_left' x='", "'top_left' x='4_")
