import pytest

from pfld_mm.deploy.proof import ProofFailed, check_bound, report_differences


def differences(largest):
    return {kind: dict(max=largest, mean=0.0) for kind in ('given', 'drawn', 'noise')}


@pytest.mark.parametrize(
    ('rounding', 'found', 'passes'),
    [
        (1e-5, 9e-4, True),
        (1e-5, 2e-3, False),
        (1e-2, 3e-2, True),  # a barely trained model: float32 itself is so far from float64
        (1e-2, 5e-2, False),
        (1.0, 0.06, False),  # float32 that is so far off gives no leave
    ],
)
def test_a_form_may_be_some_times_as_far_off_as_float32(rounding, found, passes):
    report = report_differences(
        'onnxruntime', differences(found), 1e-3, 'px', differences(rounding)
    )
    if passes:
        check_bound('onnxruntime', report['differences'], report['bounds'])
        return
    with pytest.raises(ProofFailed, match='onnxruntime'):
        check_bound('onnxruntime', report['differences'], report['bounds'])


def test_int8_on_noise_is_only_measured():
    report = report_differences('int8', differences(9.0), 10.0, 'px', differences(1e-5))
    assert set(report['bounds']) == {'given', 'drawn'}
