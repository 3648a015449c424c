"""No relative link of the documentation is dead, and no anchor."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob('*.md'), *sorted((ROOT / 'docs').rglob('*.md'))]
LINK = re.compile(r'(?<!`)\[[^\]]*\]\(([^)\s]+)\)')


def anchors(page):
    """Anchors of a page's headings, as GitHub and the site make them."""
    titles = re.findall(r'^#+ (.+)$', page.read_text(encoding='utf-8'), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', title.lower()).strip().replace(' ', '-') for title in titles}


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page):
    for link in LINK.findall(page.read_text(encoding='utf-8')):
        if link.startswith(('http://', 'https://', 'mailto:')):
            continue
        path, _, anchor = link.partition('#')
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f'{page.name}: {link}'
        assert not anchor or anchor in anchors(target), f'{page.name}: {link}'


def test_references_of_the_api_pages():
    """Every module or class that an API page names exists."""
    for page in (ROOT / 'docs/api').glob('*.md'):
        for name in re.findall(r'^::: (\S+)$', page.read_text(encoding='utf-8'), re.MULTILINE):
            path = ROOT.joinpath(*name.split('.'))
            parent, last = path.parent.with_suffix('.py'), path.name
            is_module = path.with_suffix('.py').is_file() or (path / '__init__.py').is_file()
            assert is_module or f'class {last}' in parent.read_text(encoding='utf-8'), name
