import numpy as np
import pytest

from pfld_mm.runtime.one_euro import OneEuro


def run(values, fps=30.0, **options):
    smooth = OneEuro(**options)
    return np.array([smooth(value, index / fps) for index, value in enumerate(values)])


def test_by_hand():
    """Two steps of equations 1 to 6, half a second apart."""
    found = run([0.0, 2.0], fps=2, min_cutoff=1, beta=0.5, derivative_cutoff=2)
    alpha_speed = 1 / (1 + 1 / (2 * np.pi * 2) / 0.5)
    speed = alpha_speed * (2 / 0.5)
    alpha = 1 / (1 + 1 / (2 * np.pi * (1 + 0.5 * speed)) / 0.5)
    np.testing.assert_allclose(found, [0, alpha * 2])


def test_rest_stays_and_jitter_shrinks():
    rng = np.random.default_rng(0)
    np.testing.assert_allclose(run(np.full((9, 4, 2), 7.5)), 7.5)
    noise = rng.normal(0, 1, (600, 5))
    smooth = run(noise, beta=0.0)
    assert smooth[100:].std() < 0.45 * noise.std()


def test_motion_lags_less_with_beta():
    ramp = np.arange(90) * 10.0  # 300 a second
    slow, quick = run(ramp, beta=0.0), run(ramp, beta=0.1)
    assert ramp[-1] - quick[-1] < 0.1 * (ramp[-1] - slow[-1])
    assert ramp[-1] - quick[-1] < 2


def test_unit_makes_it_scale_free():
    values = np.cumsum(np.random.default_rng(1).normal(0, 1, (50, 3)), axis=0)
    small, large = OneEuro(), OneEuro()
    for index, value in enumerate(values):
        one = small(value, index / 30, unit=10)
        other = large(value * 4, index / 30, unit=40)
        np.testing.assert_allclose(other, one * 4)


def test_frame_rate_hardly_matters():
    times = np.linspace(0, 2, 61), np.linspace(0, 2, 241)
    ends = []
    for series in times:
        smooth = OneEuro(beta=0.0)
        ends.append([smooth(np.array(np.sin(3 * t)), t) for t in series][-1])
    assert abs(ends[0] - ends[1]) < 0.02


@pytest.mark.parametrize('time', [1.0, 0.5, float('nan')])
def test_time_must_advance(time):
    smooth = OneEuro()
    smooth(np.zeros(2), 1.0)
    with pytest.raises(ValueError, match='must advance'):
        smooth(np.zeros(2), time)


@pytest.mark.parametrize('options', [dict(min_cutoff=0), dict(beta=-1), dict(derivative_cutoff=0)])
def test_impossible_settings(options):
    with pytest.raises(ValueError, match='min_cutoff > 0'):
        OneEuro(**options)
