import numpy as np
import pytest

from pfld_mm.runtime.backends.session import run_in_batches


class Doubling:
    source = 'doubling'

    def __init__(self, batch=None):
        self.batch = batch
        self.calls = []

    def __call__(self, tensor):
        assert tensor.flags['C_CONTIGUOUS']
        self.calls.append(len(tensor))
        return tensor * 2


TENSOR = np.arange(7 * 12, dtype=np.float32).reshape(7, 3, 2, 2)


@pytest.mark.parametrize(
    ('batch', 'largest', 'calls'),
    [(None, 32, [7]), (None, 3, [3, 3, 1]), (1, 32, [1] * 7), (4, 2, [4, 4]), (9, 2, [9])],
)
def test_any_number_of_images(batch, largest, calls):
    session = Doubling(batch)
    np.testing.assert_array_equal(run_in_batches(session, TENSOR, largest), TENSOR * 2)
    assert session.calls == calls


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_an_answer_that_is_not_finite_is_refused(bad):
    with pytest.raises(RuntimeError, match='doubling: the model answers NaN'):
        run_in_batches(Doubling(), np.where(TENSOR == 5, bad, TENSOR))


def test_a_wrong_number_of_answers_is_refused():
    session = Doubling()
    session.__class__ = type('Short', (Doubling,), {'__call__': lambda self, tensor: tensor[1:]})
    with pytest.raises(RuntimeError, match=r'output of shape \(6, 3, 2, 2\) for 7'):
        run_in_batches(session, TENSOR)
