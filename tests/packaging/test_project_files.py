"""Files that other programs read are well-formed, and agree with the package."""

from pathlib import Path

import pytest
import yaml

import pfld_mm

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    'name', ['.pre-commit-config.yaml', '.github/workflows/ci.yml', 'CITATION.cff']
)
def test_yaml_files_can_be_read(name):
    assert isinstance(yaml.safe_load((ROOT / name).read_text(encoding='utf-8')), dict)


def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text(encoding='utf-8'))
    assert citation['version'] == pfld_mm.__version__
    assert citation['license'] == 'Apache-2.0'


def test_the_workflow_calls_targets_of_the_makefile():
    workflow = yaml.safe_load((ROOT / '.github/workflows/ci.yml').read_text(encoding='utf-8'))
    makefile = (ROOT / 'Makefile').read_text(encoding='utf-8')
    steps = [step for job in workflow['jobs'].values() for step in job['steps']]
    targets = [step['run'].split()[1] for step in steps if step.get('run', '').startswith('make ')]
    assert set(targets) == {'lint', 'test'}
    assert all(f'\n{target}:' in makefile for target in targets)


def test_contributing_names_files_that_exist():
    text = (ROOT / 'CONTRIBUTING.md').read_text(encoding='utf-8')
    for path in ('core/face_markups.py', 'deploy/exporter.py', 'engine/config_check.py'):
        assert path in text
        assert (ROOT / 'pfld_mm' / path).is_file()
