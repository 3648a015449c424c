import json

import numpy as np

from pfld_mm.core.plain import rounded


def test_two_decimals_as_plain_python():
    assert rounded(np.float32([[1.006, 2], [3, 4.123]])) == [[1.01, 2.0], [3.0, 4.12]]
    assert json.dumps(rounded(np.float32(0.1))) == '0.1'
    assert rounded(0.12345, 4) == 0.1234 or rounded(0.12345, 4) == 0.1235
    assert rounded(None) is None
