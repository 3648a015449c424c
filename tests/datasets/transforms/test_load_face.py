import cv2
import numpy as np
import pytest
from mmpose.datasets.transforms import LoadImage

from pfld_mm.datasets.face.unusable_sample import UnusableSample
from pfld_mm.datasets.transforms.load_face import LoadFace


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / 'photo.jpg'
    image = np.random.default_rng(0).integers(0, 256, (701, 901, 3), np.uint8)
    cv2.imwrite(str(path), cv2.GaussianBlur(image, (0, 0), 3))
    return path


def sample(path, side: float = 100.0) -> dict:
    return dict(
        img_path=str(path),
        bbox=np.array([[10, 10, 10 + side, 10 + side / 2]], np.float32),
        raw_ann_info=dict(source='list.txt:7'),
    )


def test_equals_mmpose_where_nothing_is_reduced(photo):
    ours = LoadFace()(sample(photo))
    theirs = LoadImage()(sample(photo))
    np.testing.assert_array_equal(ours['img'], theirs['img'])
    assert ours['img_shape'] == theirs['img_shape'] == ours['ori_shape'] == (701, 901)
    assert ours['img_reduction'] == 1


@pytest.mark.parametrize(
    ('side', 'factor'), [(255, 1), (256, 2), (511, 2), (512, 4), (1023, 4), (1024, 8), (9000, 8)]
)
def test_reduction_keeps_the_box_large(photo, side, factor):
    results = LoadFace()(sample(photo, side))
    assert results['img_reduction'] == factor
    assert results['img'].shape == (-(-701 // factor), -(-901 // factor), 3)
    assert results['img_shape'] == (701, 901)
    assert LoadFace(reduce=False)(sample(photo, side))['img_reduction'] == 1
    assert LoadFace(min_box=64)(sample(photo, 128))['img_reduction'] == 2


def test_other_formats_and_exif_are_read_whole(photo, tmp_path):
    png = tmp_path / 'photo.png'
    cv2.imwrite(str(png), cv2.imread(str(photo)))
    assert LoadFace()(sample(png, 900))['img_reduction'] == 1
    data = photo.read_bytes()
    # Orientation 6: turned by 90 degrees.
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
    turned = tmp_path / 'turned.jpg'
    block = b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    turned.write_bytes(data[:2] + block + data[2:])
    results = LoadFace()(sample(turned, 900))
    assert results['img_reduction'] == 1 and results['img_shape'] == (901, 701)
    np.testing.assert_array_equal(results['img'], LoadImage()(sample(turned))['img'])


def test_image_in_memory_is_taken_as_it_is():
    image = np.zeros((5, 6, 3), np.uint8)
    results = LoadFace()(dict(img=image))
    assert results['img'] is image and results['img_shape'] == (5, 6)


@pytest.mark.parametrize(
    ('damage', 'message'),
    [
        (lambda data: data[: len(data) // 2], 'truncated'),
        (lambda data: data[:-2], 'truncated'),
        (lambda data: b'', 'expected an image .* found 0 bytes'),
        (lambda data: b'<html>not found</html>', 'expected an image .* found other bytes .*<html'),
        (lambda data: b'\xff\xd8' + data[2:100], 'truncated'),
    ],
)
def test_broken_image_is_named(photo, damage, message):
    photo.write_bytes(damage(photo.read_bytes()))
    with pytest.raises(UnusableSample, match=rf'photo\.jpg \(list\.txt:7\): .*{message}'):
        LoadFace()(sample(photo))


@pytest.mark.parametrize('end', ['.png', '.bmp'])
def test_other_truncated_formats_are_named(photo, tmp_path, end):
    path = tmp_path / f'photo{end}'
    cv2.imwrite(str(path), cv2.imread(str(photo)))
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(UnusableSample, match=rf'photo\{end} \(list\.txt:7\): '):
        LoadFace()(sample(path))


def test_missing_image_is_named(tmp_path):
    with pytest.raises(UnusableSample, match=r'no\.jpg \(list\.txt:7\): the image cannot be read'):
        LoadFace()(sample(tmp_path / 'no.jpg'))


def test_points_may_leave_the_image_but_not_by_more_than_its_size(photo):
    for point in ([-900, -700], [1802, 1402], [450, 300]):
        keypoints = np.array([[[1, 1], point]], np.float32)
        results = LoadFace()(dict(sample(photo), keypoints=keypoints))
        np.testing.assert_array_equal(results['keypoints'], keypoints)
    for point in ([-902, 0], [0, -702], [1803, 0], [0, 1403]):
        with pytest.raises(UnusableSample, match=r'list\.txt:7\): point 1 at .*\(901 x 701\)'):
            LoadFace()(dict(sample(photo), keypoints=np.array([[[1, 1], point]], np.float32)))
