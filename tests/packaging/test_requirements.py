import configparser
import re
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pfld_mm.check_env import PACKAGES

ROOT = Path(__file__).parents[2]
LISTS = ('runtime', 'nodeps', 'dev', 'constraints')


PYTHONS = ('3.10', '3.11', '3.12', '3.13', '3.14')


def pins(name: str, python: str = '3.14') -> dict[str, str]:
    """Normalised package name -> version, of one list, as pip on that Python reads it."""
    found: dict[str, str] = {}
    for line in (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines():
        text = line.partition('#')[0].strip()
        if not text or text.startswith('-'):
            continue
        requirement = Requirement(text)
        pin = re.fullmatch(r'==([\w.]+)', str(requirement.specifier))
        assert pin, f'{line}: every requirement is an exact pin'
        environment = dict(python_version=python, sys_platform='linux')
        if requirement.marker is None or requirement.marker.evaluate(environment):
            package = canonicalize_name(requirement.name)
            assert package not in found, f'{package} has two versions on Python {python}'
            found[package] = pin[1]
    return found


def test_every_python_has_the_same_packages():
    """But for what packages of Python 3.10 alone pull in."""
    only_310 = {'coloredlogs', 'exceptiongroup', 'humanfriendly', 'tomli'}
    for list_name in LISTS:
        newest = set(pins(list_name))
        for python in PYTHONS:
            assert set(pins(list_name, python)) - only_310 == newest, (list_name, python)


def test_no_package_is_in_two_lists():
    names = [name for list_name in LISTS for name in pins(list_name)]
    assert len(set(names)) == len(names)


def test_packages_that_pull_in_trouble_go_without_dependencies():
    assert {'mmpose', 'mmdeploy', 'openmim', 'albumentations', 'albucore'} <= set(pins('nodeps'))
    for name in LISTS:
        assert not {'chumpy', 'torchvision', 'xtcocotools', 'opencv-python-headless', 'mmcv'} & set(
            pins(name)
        )


@pytest.mark.skipif(find_spec('mim') is None, reason='mim is not installed')
@pytest.mark.parametrize('python', PYTHONS)
def test_what_mim_needs_is_pinned(python):
    """But for pip, which every environment has, and opendatalab, which only data sets need."""
    lines = [*metadata.requires('openmim'), *metadata.requires('model-index')]
    needed = [Requirement(line) for line in lines if 'extra ==' not in line]
    names = {canonicalize_name(requirement.name) for requirement in needed}
    pinned = {name for list_name in LISTS for name in pins(list_name, python)}
    assert names - pinned == {'pip', 'opendatalab'}


@pytest.mark.parametrize('python', PYTHONS)
def test_upstream_s_bounds_hold(python):
    pinned = {n: version for name in LISTS for n, version in pins(name, python).items()}
    version = {name: tuple(map(int, re.findall(r'\d+', pinned[name])[:2])) for name in pinned}
    assert version['setuptools'] < (81, 0)
    assert version['numpy'] < (2, 4)  # mmpose's visualizer
    assert version['opencv-python'] >= (4, 12) or version['numpy'] < (2, 0)


@pytest.mark.parametrize('package', PACKAGES, ids=lambda package: package.module)
def test_the_cures_of_check_env_are_the_pins(package):
    pinned = {name: version for list_name in LISTS for name, version in pins(list_name).items()}
    for name, version in re.findall(r'([\w-]+)==([\w.]+)', package.cure):
        assert pinned.get(name.lower(), version) == version
    if package.needed_for:
        assert package.names[0] in pinned or f'{package.names[0]}-lite' in pinned


def test_extras_do_not_contradict_the_pins():
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    pinned = {name: version for list_name in LISTS for name, version in pins(list_name).items()}
    for extra, lines in config['options.extras_require'].items():
        for line in lines.split():
            name = re.split(r'[<>=]', line)[0].lower().removesuffix('-headless')
            assert name in pinned, f'{extra}: {name} is not in requirements/'
