import numpy as np
import pytest

from pfld_mm.core.finder.search_windows import PADDING, SMALLEST, search_windows


def test_a_small_image_is_searched_as_it_is():
    (window,) = search_windows((100, 150, 3), 640)
    image = np.random.default_rng(0).integers(0, 256, (100, 150, 3), np.uint8)
    tensor = window.input(image)
    assert tensor.shape == (1, 3, 128, 160) and tensor.dtype == np.float32
    assert (tensor[0, :, :100, :150] == image.transpose(2, 0, 1)).all()
    assert (tensor[0, :, 100:] == PADDING).all() and (tensor[0, :, :, 150:] == PADDING).all()


@pytest.mark.parametrize('shape', [(3000, 2000), (481, 641), (33, 5000), (1, 1)])
def test_the_longer_side_is_limited(shape):
    (window,) = search_windows(shape, 640)
    assert max(window.size) <= 640 and min(window.size) >= 1
    tensor = window.input(np.full((*shape, 3), 200, np.uint8))
    assert all(side % 32 == 0 for side in tensor.shape[2:])
    assert (tensor[0, :, : window.size[1], : window.size[0]] == 200).all()


def test_input_and_image_coordinates_agree():
    image = np.zeros((1200, 900, 3), np.uint8)
    image[600:640, 300:330] = 255
    (window,) = search_windows(image.shape, 300)
    rows, columns = np.nonzero(window.input(image)[0, 0, : window.size[1], : window.size[0]] > 0)
    center = window.to_image(np.array([columns.mean(), rows.mean()]))
    np.testing.assert_allclose(center, (314.5, 619.5), atol=1.5)


def test_a_large_reduction_is_about_the_average():
    image = np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), np.uint8)
    (window,) = search_windows(image.shape, 300)
    assert window.input(image)[0, :, :192, :288].std() < 20  # of white noise: 74 / 10 if exact


@pytest.mark.parametrize(
    ('shape', 'min_face'), [((2000, 3000), 20), ((700, 500), 9), ((90, 4000), 30)]
)
def test_tiles_cover_the_image_and_show_small_faces_large_enough(shape, min_face):
    whole, *tiles = search_windows(shape, 640, min_face)
    assert whole.corner == (0, 0) and whole.end == shape[::-1] and tiles
    seen = np.zeros(shape, bool)
    for tile in tiles:
        seen[tile.corner[1] : tile.end[1], tile.corner[0] : tile.end[0]] = True
        assert max(tile.size) <= 641
        zoom = tile.size[0] / (tile.end[0] - tile.corner[0])
        assert min_face * zoom >= min(SMALLEST, 2 * min_face) * 0.98
    assert seen.all()


def test_every_small_face_is_whole_in_a_tile():
    shape, face = (2000, 3000), 24
    tiles = search_windows(shape, 640, 20)[1:]
    rng = np.random.default_rng(0)
    for corner in rng.uniform(0, np.array(shape[::-1]) - face, (200, 2)):
        box = np.array([[*corner, *(corner + face)]])
        inside = [
            tile
            for tile in tiles
            if (box[0, :2] >= tile.corner).all() and (box[0, 2:] <= tile.end).all()
        ]
        assert any(tile.whole(box, shape)[0] for tile in inside)


def test_no_tiles_where_they_are_not_needed():
    assert len(search_windows((480, 640), 640, 14)) == 1
    assert len(search_windows((480, 640), 640, 100)) == 1


def test_a_box_that_a_tile_cuts_is_left_to_its_neighbor():
    tile = search_windows((2000, 3000), 640, 20)[1]
    right = tile.end[0]
    cut = np.array([[right - 20, 10, right, 30], [right - 40, 10, right - 20, 30], [0, 0, 20, 20]])
    assert tile.whole(cut, (2000, 3000)).tolist() == [False, True, True]
