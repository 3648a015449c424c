"""The timing of the runtime: what it measures, not how fast this machine is."""

import sys
import time

import numpy as np
import pytest
from benchmarks import runtime_latency as tool


def test_medians_by_the_clock_and_of_the_processor():
    (wall, cpu) = tool.medians({'sleeps': lambda: time.sleep(0.01)}, 3)['sleeps']
    assert wall >= 10 and cpu < wall / 2


def test_sizes_of_the_images():
    small = tool.small_image(None)
    assert small.shape == (480, 640, 3)
    assert tool.large_image(small).shape[:2] == (3648, 5472)


@pytest.mark.skipif(sys.platform != 'linux', reason='only Linux tells the peak')
def test_the_peak_is_the_other_process_own(monkeypatch):
    """And not this one's, which Linux would hand on."""
    code = "held = b'x' * 60_000_000\n" + tool.PEAK[tool.PEAK.index('status =') :]
    monkeypatch.setattr(tool, 'PEAK', code)
    mine = np.ones(40_000_000)  # 320 MB
    assert 60 < tool.peak_memory('none', []) < 150
    assert mine.all()
