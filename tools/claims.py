"""Compare the figures in README and model cards with the files: ``python tools/claims.py``.

Checked are, for the models in ``pfld_mm/runtime/models``:

* tables with a column ``model`` (its cells hold the model's name as `code`): the columns
  ``points``, ``parameters``, ``MMAC`` and ``NME`` (``4.93 %``; cells with words are left out);
* in a model's card, anywhere: ``N parameters``, ``N MMAC``, ``N GMAC``, ``N kB``, each with an
  optional ``at WxH`` or ``for WxH`` behind it, and ``NME (%)`` in the front matter;
* the golden pairs, and that every card has a command (``python ...``) for what needs data.

Parameters and multiply-accumulates are those of the config's network with ``checkpoint.pth``,
counted without the padded channels of the exported file; NME is what ``report.json`` measured.
A figure may differ by one in its last digit. Exit status 1 if one differs by more.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from _common import quiet_openmp

quiet_openmp()

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / 'pfld_mm/runtime/models'
NUMBER = r'(\d[\d,]*(?:\.\d+)?)'
UNITS = {'parameters': 1.0, 'MMAC': 1e6, 'GMAC': 1e9, 'kB': 1e3}
PROSE = re.compile(
    NUMBER + r' (million )?(parameters|MMAC|GMAC|kB)\b(?: (?:at|for) (\d+)x(\d+))?', re.UNICODE
)


@dataclass
class Figures:
    """What the files of a model say.

    Attributes:
        points: Number of keypoints.
        pixels: Of the input that ``macs`` are counted for.
        parameters: Of the whole and of its parts.
        macs: Likewise, of one input.
        sizes: Bytes of its files.
        nme: Fractions that ``report.json`` measured, by form.
    """

    points: int
    pixels: int
    parameters: list[int] = field(default_factory=list)
    macs: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    nme: dict[str, float] = field(default_factory=dict)

    def of(self, unit: str, pixels: int | None = None) -> list[float]:
        """The figures that a number with this unit may state, in the unit."""
        if unit in ('MMAC', 'GMAC'):
            ratio = (pixels or self.pixels) / self.pixels
            return [count * ratio / UNITS[unit] for count in self.macs]
        return [n / UNITS[unit] for n in (self.parameters if unit == 'parameters' else self.sizes)]


def agrees(text: str, figures: list[float]) -> bool:
    """Whether a number as written states one of the figures, to one in its last digit."""
    digits = text.replace(',', '')
    decimals = len(digits.partition('.')[2])
    # the zeros of 220 and 703,000 stand for digits that were rounded off
    step = 10.0 ** (-decimals if decimals else len(digits) - len(digits.rstrip('0')))
    return any(abs(float(digits) - figure) <= step * (1 + 1e-9) for figure in figures)


def table_rows(text: str) -> Iterator[dict[str, str]]:
    """Rows of Markdown tables as cells by column."""
    header: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
        if not line.lstrip().startswith('|'):
            header = []
        elif not header:
            header = cells
        elif not set(line) <= set('|-: '):
            yield dict(zip(header, cells, strict=False))


def check_tables(text: str, models: dict[str, Figures]) -> Iterator[str]:
    """Faults in the tables of models, as sentences."""
    for row in table_rows(text):
        name = re.search(r'`(\w+)`', row.get('model', ''))
        if not name or name[1] not in models:
            continue
        found = models[name[1]]
        size = re.search(r'(\d+)x(\d+)', row.get('MMAC', ''))
        pixels = int(size[1]) * int(size[2]) if size else None
        million = 1e6 if ' M' in row.get('parameters', '') else 1.0
        expected = {
            'points': [float(found.points)],
            'parameters': [n / million for n in found.of('parameters')],
            'MMAC': found.of('MMAC', pixels),
            'NME': [100 * value for value in found.nme.values()],
        }
        for column, figures in expected.items():
            pattern = rf'{NUMBER} %$' if column == 'NME' else NUMBER
            number = re.match(pattern, row.get(column, ''))
            if number and not agrees(number[1], figures):
                yield f'{name[1]}: {column} {row[column]}, the files say {shown(figures)}'


def check_card(text: str, name: str, found: Figures) -> Iterator[str]:
    """Faults in a model's card, as sentences."""
    for match in PROSE.finditer(text):
        number, million, unit, width, height = match.groups()
        pixels = int(width) * int(height) if width else None
        figures = [n / (1e6 if million else 1) for n in found.of(unit, pixels)]
        if not agrees(number, figures):
            yield f'{name}: "{match[0]}", the files say {shown(figures)}'
    stated = re.search(r'NME \(%\): ' + NUMBER, text)
    figures = [100 * value for value in found.nme.values()]
    if stated and not agrees(stated[1], figures):
        yield f'{name}: "{stated[0]}", report.json says {shown(figures)}'
    if not re.search(r'python (tools/|-m )', text):
        yield f'{name}: its card has no command that measures what it states'


def shown(figures: list[float]) -> str:
    """For a sentence."""
    return ' or '.join(f'{figure:,.6g}' for figure in figures) or 'nothing'


def main() -> int:
    """Check everything; returns the exit status."""
    from model_figures import golden_difference, model_figures

    folders = sorted(path.parent for path in MODELS.glob('*/model.json'))
    models = {folder.name: model_figures(folder, Figures) for folder in folders}
    faults = list(check_tables((ROOT / 'README.md').read_text(encoding='utf-8'), models))
    for folder in folders:
        card = (folder / 'README.md').read_text(encoding='utf-8')
        faults += check_card(card, folder.name, models[folder.name])
        difference = golden_difference(folder)
        figures = {key: value for key, value in vars(models[folder.name]).items() if key != 'sizes'}
        print(f'{folder.name}: golden pair within {difference:.2g}; {json.dumps(figures)}')
    print(*faults or ['every figure agrees'], sep='\n')
    return int(bool(faults))


if __name__ == '__main__':
    sys.exit(main())
