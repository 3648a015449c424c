import subprocess
import sys


def test_layers_need_torch_alone():
    code = """
import importlib, pkgutil, sys
import pfld_mm.models.layers as layers
for module in pkgutil.iter_modules(layers.__path__):
    importlib.import_module(f'{layers.__name__}.{module.name}')
loaded = {name.partition('.')[0] for name in sys.modules}
print(loaded & {'mmengine', 'mmcv', 'mmpose', 'cv2', 'timm'})
"""
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == 'set()'
