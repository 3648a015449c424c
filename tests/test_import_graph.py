"""Which room may import which: DESIGN of the package, docs/design.md."""

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import pfld_mm

ROOT = Path(pfld_mm.__file__).parent
STANDARD = set(sys.stdlib_module_names)
BELOW = {
    'core': set(),
    'models': {'core', 'codecs'},
    'codecs': {'core', 'compat'},
    'datasets': {'core', 'codecs', 'compat', 'synth'},
    'evaluation': {'core', 'codecs'},
    'engine': {'core', 'compat'},
    'checkpoints': {'core', 'compat', 'models'},
    'synth': {'core'},
    'compat': set(),
    'runtime': {'core'},
}
"""Room -> the rooms it may import, besides itself; deploy and the top level may import all."""
OUTSIDE = {'core': {'numpy', 'cv2'}, 'runtime': {'numpy', 'cv2', 'onnxruntime'}}
LAZY = {
    'core': {'PIL'},
    'runtime': {'openvino', 'ncnn', 'tensorrt', 'torch', 'PIL', 'supervision', 'tqdm'},
}
"""Imported inside of functions alone: what a user need not have."""


def imports(path):
    """(module, is at the top level) of every import in a file."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    tops = set(map(id, tree.body))
    for node in ast.walk(tree):
        is_top = id(node) in tops
        if isinstance(node, ast.Import):
            yield from ((alias.name, is_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{path}: relative import'
            yield node.module, is_top
            for alias in node.names:
                if (ROOT.parent / Path(*node.module.split('.')) / f'{alias.name}.py').is_file():
                    yield f'{node.module}.{alias.name}', is_top


def modules():
    for path in sorted(ROOT.rglob('*.py')):
        parts = path.relative_to(ROOT.parent).with_suffix('').parts
        yield '.'.join(parts).removesuffix('.__init__'), path


def room(module):
    parts = module.split('.')
    return parts[1] if len(parts) > 1 and (ROOT / parts[1]).is_dir() else ''


@pytest.mark.parametrize('name', sorted(BELOW))
def test_a_room_imports_only_rooms_below(name):
    wrong = [
        f'{module} imports {target}'
        for module, path in modules()
        if room(module) == name
        for target, _ in imports(path)
        if target.startswith('pfld_mm.') and room(target) not in {'', name} | BELOW[name]
    ]
    assert not wrong


@pytest.mark.parametrize('name', sorted(OUTSIDE))
def test_the_device_needs_few_packages(name):
    wrong = []
    for module, path in modules():
        if room(module) != name:
            continue
        for target, is_top in imports(path):
            package = target.partition('.')[0]
            allowed = OUTSIDE[name] | (set() if is_top else LAZY[name])
            if package not in STANDARD | allowed | {'pfld_mm'}:
                wrong.append(f'{module} imports {target}')
    assert not wrong


def test_no_circle():
    graph = defaultdict(set)
    known = {module for module, _ in modules()}
    for module, path in modules():
        graph[module] = {t for t, is_top in imports(path) if is_top and t in known} - {module}
    done, active = set(), []

    def visit(module):
        assert module not in active, ' -> '.join([*active[active.index(module) :], module])
        if module in done:
            return
        active.append(module)
        for target in sorted(graph[module]):
            visit(target)
        done.add(active.pop())

    for module in sorted(graph):
        visit(module)


def test_the_runtime_loads_no_training_package():
    code = (
        'import sys, pfld_mm.runtime; '
        'print({name.partition(".")[0] for name in sys.modules} & '
        '{"torch", "mmengine", "mmcv", "mmpose", "mmdeploy", "onnx", "scipy", "openvino"})'
    )
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == 'set()'


BLOCKER = """
import importlib.abc, sys

class Blocker(importlib.abc.MetaPathFinder):
    allowed = set(sys.stdlib_module_names) | {'pfld_mm'} | set(sys.argv[1].split(','))

    def find_spec(self, name, path, target=None):
        if name.partition('.')[0] not in self.allowed:
            raise ImportError(f'blocked: {name}')

sys.meta_path.insert(0, Blocker())
import importlib
for module in sys.argv[2].split(','):
    importlib.import_module(module)
"""
"""Imports modules where nothing else than the allowed packages can be imported."""


@pytest.mark.parametrize('name', sorted(OUTSIDE))
def test_a_room_loads_where_nothing_else_is_installed(name):
    rooms = {name} | BELOW[name]
    wanted = [m for m, _ in modules() if room(m) in rooms and not m.endswith('__main__')]
    command = [sys.executable, '-c', BLOCKER, ','.join(OUTSIDE[name]), ','.join(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_blocker_blocks():
    command = [sys.executable, '-c', BLOCKER, 'numpy', 'pfld_mm.core.image']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and 'blocked: cv2' in done.stderr
