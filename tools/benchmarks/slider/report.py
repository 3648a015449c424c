"""Tables of a comparison, for a file of documentation."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.slider.comparison import THRESHOLDS

BEGIN, END = '<!-- begin of what the tool writes -->', '<!-- end of what the tool writes -->'
NEAR, FAR = 2, 5
"""The thresholds in px of the table at a glance."""

Figures = dict[str, dict[str, dict[str, float | int | None]]]


def tables(figures: Figures, times: dict[str, dict[str, float]], heading: str) -> str:
    """Two tables in Markdown: hits at a glance, and set by set.

    Args:
        figures: For each set and method what `summarise` returns.
        times: For each method what `time_all` returns.
        heading: What was measured, a line of text.
    """
    return '\n'.join([heading, '', *_glance(figures, times), '', *_set_by_set(figures)])


def _glance(figures: Figures, times: dict[str, dict[str, float]]) -> list[str]:
    """Methods down, sets across."""
    lines = [f'Per cent of the gaps within {NEAR} px / {FAR} px:', '']
    counts = [max((f.get('images', 0) for f in rows.values()), default=0) for rows in
              figures.values()]  # fmt: skip
    heads = [f'{name} ({count})' for name, count in zip(figures, counts, strict=True)]
    lines += _rows(['method', *heads, 'ms an image'], left=1)
    for method in times:
        cells = [
            f'{_percent(rows[method][f"hit@{NEAR}"])} / {_percent(rows[method][f"hit@{FAR}"])}'
            if rows[method]
            else '-'
            for rows in figures.values()
        ]
        lines += [_row([method, *cells, f'{times[method]["median_ms"]:.1f}'])]
    return lines


def _set_by_set(figures: Figures) -> list[str]:
    """A row for each set and method."""
    hits = [f'≤{t} px' for t in THRESHOLDS]
    heads = ['set', 'method', *hits, f'x ≤{FAR} px', 'p95 px']
    heads += ['on a decoy', 'no answer']
    lines = _rows(heads, left=2)
    for name, rows in figures.items():
        for method, f in rows.items():
            if f:
                cells = [_percent(f[f'hit@{t}']) for t in THRESHOLDS]
                cells += [_percent(f[f'x_hit@{FAR}'])]
                cells += ['none' if f['p95'] is None else f'{f["p95"]:.1f}']
                cells += [_percent(f[key]) for key in ('on_decoy', 'no_answer')]
                lines.append(_row([name, method, *cells]))
    return lines


def _rows(heads: list[str], left: int) -> list[str]:
    return [_row(heads), _row(['---'] * left + ['---:'] * (len(heads) - left))]


def _row(cells: list[str]) -> str:
    return f'| {" | ".join(cells)} |'


def _percent(value: float | None) -> str:
    return '-' if value is None else f'{100 * value:.1f}'


def write_between_marks(path: Path, text: str) -> None:
    """Put `text` between the two marks of a file; a file that does not exist is made.

    Raises:
        ValueError: If the file is there without its marks: it is left as it is.
    """
    block = f'{BEGIN}\n{text}\n{END}'
    if path.exists():
        old = path.read_text(encoding='utf-8')
        block, found = re.subn(f'{BEGIN}.*{END}', lambda _: block, old, flags=re.DOTALL)
        if found != 1:
            raise ValueError(
                f'{path} exists, but not with one pair of the lines {BEGIN} and {END}: put them '
                'where the tables belong, or name another file'
            )
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        block += '\n'
    path.write_text(block, encoding='utf-8')
