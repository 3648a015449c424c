"""Small files: one class each, short enough to read at once."""

from pathlib import Path

import pfld_mm

MAX_LINES = 250


def test_no_file_of_the_package_is_long():
    root = Path(pfld_mm.__file__).parent
    counts = {p: len(p.read_text(encoding='utf-8').splitlines()) for p in root.rglob('*.py')}
    assert len(counts) > 150
    long = {str(path): count for path, count in counts.items() if count > MAX_LINES}
    assert not long
