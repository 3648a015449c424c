import sys

import pytest
from helpers.runs import ROOT

sys.path.insert(0, str(ROOT / 'tools'))
from claims import Figures, agrees, check_card, check_tables

FOUND = Figures(
    98, 112 * 112, [803412], [75_000_000], [765_817, 3_541_306], {'onnxruntime': 0.049246}
)
TABLE = '| model | points | parameters | MMAC | NME |\n|---|--:|--:|--:|--:|\n| `m` | {} |\n'
CARD = 'metrics: {{NME (%): {}}}\n{} parameters, {} at 112x112, {} kB\n\n    python tools/test.py\n'


@pytest.mark.parametrize(
    ('text', 'figure', 'expected'),
    [
        ('75', 75.4, True),
        ('75', 76.1, False),
        ('220', 218.6, True),
        ('703,000', 803_412, False),
        ('803,412', 803_412, True),
        ('803,412', 803_414, False),
        ('0.80', 0.803, True),
        ('0.80', 0.82, False),
    ],
)
def test_a_figure_may_differ_by_one_in_its_last_digit(text, figure, expected):
    assert agrees(text, [1e12, figure]) is expected


@pytest.mark.parametrize(
    ('row', 'columns'),
    [
        ('98 | 0.80 M | 75 | 4.93 %', []),
        ('68 | 0.80 M | 75 | 4.93 %', ['points']),
        ('98 | 0.90 M | 75 at 112x112 | 4.93 %', ['parameters']),
        ('98 | 0.80 M | 75 at 224x224 | 4.93 %', ['MMAC']),
        ('98 | 0.80 M | 300 at 224x224 | 5.93 %', ['NME']),
        ('98 | 0.80 M | 75 | 76 % found', []),
    ],
)
def test_tables(row, columns):
    faults = list(check_tables(TABLE.format(row), {'m': FOUND}))
    assert [fault.split()[1] for fault in faults] == columns


@pytest.mark.parametrize(
    ('figures', 'wrong'),
    [
        (('4.92', '803,412', '75 MMAC', '766'), None),
        (('4.32', '803,412', '75 MMAC', '766'), 'NME'),
        (('4.92', '703,412', '75 MMAC', '766'), 'parameters'),
        (('4.92', '803,412', '0.09 GMAC', '766'), 'GMAC'),
        (('4.92', '803,412', '75 MMAC', '716'), 'kB'),
    ],
)
def test_cards(figures, wrong):
    faults = list(check_card(CARD.format(*figures), 'm', FOUND))
    assert len(faults) == (wrong is not None)
    assert wrong is None or wrong in faults[0]


def test_a_card_without_a_command():
    assert 'no command' in next(check_card('Nothing.', 'm', FOUND))
