import configparser
import re
from pathlib import Path

import pytest

from pfld_mm.check_env import PACKAGES

ROOT = Path(__file__).parents[2]
LISTS = ('runtime', 'nodeps', 'dev', 'constraints')


def pins(name: str) -> dict[str, str]:
    """Normalised package name -> version, of one list."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines()
    lines = [line.partition('#')[0].partition(';')[0].strip() for line in lines]
    found = [
        re.fullmatch(r'([\w.-]+)==([\w.]+)', line) for line in lines if line and line[0] != '-'
    ]
    assert all(found), 'every requirement is an exact pin'
    return {re.sub(r'[-_.]+', '-', m[1]).lower(): m[2] for m in found}


def test_no_package_is_in_two_lists():
    names = [name for list_name in LISTS for name in pins(list_name)]
    assert len(set(names)) == len(names)


def test_packages_that_pull_in_trouble_go_without_dependencies():
    assert {'mmpose', 'mmdeploy', 'openmim', 'albumentations', 'albucore'} <= set(pins('nodeps'))
    for name in LISTS:
        assert not {'chumpy', 'torchvision', 'opencv-python-headless', 'mmcv'} & set(pins(name))


def test_upstream_s_bounds_hold():
    pinned = {name: version for list_name in LISTS for name, version in pins(list_name).items()}
    version = {name: tuple(map(int, re.findall(r'\d+', pinned[name])[:2])) for name in pinned}
    assert version['setuptools'] < (81, 0)
    assert version['numpy'] < (2, 0)
    assert version['opencv-python'] < (4, 12)


@pytest.mark.parametrize('package', PACKAGES, ids=lambda package: package.module)
def test_the_cures_of_check_env_are_the_pins(package):
    pinned = {name: version for list_name in LISTS for name, version in pins(list_name).items()}
    for name, version in re.findall(r'([\w-]+)==([\w.]+)', package.cure):
        assert pinned.get(name.lower(), version) == version
    if package.needed_for:
        assert '==' in package.cure
        assert package.names[0] in pinned or f'{package.names[0]}-lite' in pinned


def test_extras_do_not_contradict_the_pins():
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    pinned = {name: version for list_name in LISTS for name, version in pins(list_name).items()}
    for extra, lines in config['options.extras_require'].items():
        for line in lines.split():
            name = re.split(r'[<>=]', line)[0].lower()
            assert name in pinned, f'{extra}: {name} is not in requirements/'
