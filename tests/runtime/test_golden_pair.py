import zipfile

import numpy as np
import pytest

from pfld_mm.runtime.golden_pair import MAX_BYTES, GoldenPair


def test_what_is_written_is_read_again(tmp_path):
    image, tensor = np.zeros((4, 4, 3), np.uint8), np.ones((1, 3, 4, 4), np.float32)
    output = np.ones((1, 68, 2), np.float32)
    pair = GoldenPair(image, tensor, output, {'onnxruntime_int8': output + 1})
    pair.write(tmp_path / 'golden.npz')
    read = GoldenPair.read(tmp_path / 'golden.npz')
    np.testing.assert_array_equal(read.input, tensor)
    np.testing.assert_array_equal(read.outputs['onnxruntime_int8'], output + 1)
    assert read.squares is None


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path):
    file = tmp_path / 'golden.npz'
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
        with archive.open('image.npy', 'w') as stream:
            for _ in range(MAX_BYTES // (1 << 20) + 1):
                stream.write(bytes(1 << 20))
    assert file.stat().st_size < 1 << 20
    with pytest.raises(ValueError, match='unpacks to'):
        GoldenPair.read(file)


@pytest.mark.parametrize(
    ('key', 'array'),
    [
        ('image', np.zeros((4, 4, 3), np.float32)),
        ('image', np.zeros((4, 4), np.uint8)),
        ('image', np.zeros((0, 4, 3), np.uint8)),
        ('input', np.array(['text'])),
        ('input', np.zeros((3, 4, 4), np.float32)),
        ('output', np.zeros((1, 68, 2), int)),
        ('output', np.float32([[np.nan]])),
        ('squares', np.zeros(3, np.float32)),
        ('squares_output', np.array('2026-01-01', 'datetime64[D]')),
    ],
)
def test_arrays_of_another_kind_are_named(tmp_path, key, array):
    file = tmp_path / 'golden.npz'
    tensor = np.ones((1, 3, 4, 4), np.float32)
    right = dict(image=np.zeros((4, 4, 3), np.uint8), input=tensor, output=tensor)
    np.savez(file, **{**right, key: array})
    with pytest.raises(ValueError, match=rf'golden\.npz: .*\({key}: expected .*export again'):
        GoldenPair.read(file)
