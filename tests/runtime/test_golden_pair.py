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
