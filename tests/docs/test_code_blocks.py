"""The Python blocks of the documentation run, page by page, and the commands name what exists."""

import importlib.util
import re
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest

from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face
from pfld_mm.synth.puzzles.generator import PuzzleGenerator

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').rglob('*.md'))]
BLOCK = re.compile(r'^```(\w+)\n(.*?)^```', re.MULTILINE | re.DOTALL)


def blocks(page, *languages):
    found = BLOCK.findall(page.read_text(encoding='utf-8'))
    return [text for language, text in found if language in languages]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """The files that the pages' code reads: a photo, a video, a puzzle; and the configs."""
    out = tmp_path_factory.mktemp('docs')
    image, _ = render_face(sample_face(0, 'test', 3, 320))
    cv2.imwrite(str(out / 'photo.jpg'), image)
    cv2.imwrite(str(out / 'face.jpg'), image)
    cv2.imwrite(str(out / 'puzzle.png'), PuzzleGenerator(seed=1)[0].image)
    video = cv2.VideoWriter(str(out / 'video.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 10, (320, 320))
    for shift in range(5):
        video.write(np.roll(image, 2 * shift, axis=1))
    video.release()
    for name in ('configs', 'pfld_mm'):  # pages name paths from the repository's root
        (out / name).symlink_to(ROOT / name)
    return out


@pytest.mark.parametrize(
    'page',
    [page for page in PAGES if blocks(page, 'python')],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_python_blocks_run(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {'__name__': '__main__'}
    for number, block in enumerate(blocks(page, 'python')):
        exec(compile(block, f'{page.name}, block {number}', 'exec'), names)


def commands(page):
    """Lines of the shell blocks, without comments and with continued lines joined."""
    for block in blocks(page, 'shell', 'bash'):
        yield from block.replace('\\\n', ' ').splitlines()


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_name_files_and_modules_that_exist(page):
    for command in commands(page):
        words = shlex.split(command, comments=True)
        for word in words:
            if re.fullmatch(r'(tools|configs|pfld_mm)/[\w/.]+', word):
                assert (ROOT / word).exists(), f'{command}: no {word}'
        if '-m' in words and words[0] == 'python':
            module = words[words.index('-m') + 1]
            assert importlib.util.find_spec(module), f'{command}: no module {module}'
        if words[:1] == ['make'] and len(words) > 1:
            makefile = (ROOT / 'Makefile').read_text(encoding='utf-8')
            assert f'\n{words[1]}:' in makefile, f'{command}: no such target'
