"""Build and serve the browser demo: ``python tools/web.py``, ``make web``.

Copies web/, the shipped models and onnxruntime-web (from the npm registry, once) into build/web.
The folder works from any static host and from a folder of another site.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
from _common import check_folder, whole_number
from onnx import numpy_helper

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pfld_mm.core.face_markups import MARKUPS, WFLW98
from pfld_mm.core.openness import OPENINGS_68, OPENINGS_98
from pfld_mm.synth.faces.renderer import render_face
from pfld_mm.synth.faces.sampling import sample_face

ORT = 'onnxruntime-web@1.30.0'
ORT_FILES = ('ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm')
WEBGPU_FILES = ('ort.webgpu.bundle.min.mjs', 'ort-wasm-simd-threaded.asyncify.wasm')
MODELS = ROOT / 'pfld_mm/runtime/models'
LANDMARKS = {
    'pfld_ghostone_98': '98 points, GhostOne',
    'pfld_ghostone_68': '68 points, GhostOne',
    'pfld_ghostnet_slim_half_98': '98 points, GhostNet-Slim half',
}
"""Model -> label in the page's menu; the first is the default."""
EXAMPLE_FACES = (3, 11, 5)
"""Which drawn faces the example shows."""


def build(out: Path) -> None:
    """Write the whole demo into a folder; onnxruntime-web that is there already is kept."""
    out.mkdir(parents=True, exist_ok=True)
    for file in (ROOT / 'web').iterdir():
        shutil.copyfile(file, out / file.name)
    fetch_runtime(out / 'ort')
    catalog = {'finder': copy_model('face_finder', out), 'landmarks': []}
    for name, label in LANDMARKS.items():
        entry = copy_model(name, out)
        catalog['landmarks'].append({'id': name, 'label': label, **entry})
    catalog['webgpu'] = all((out / 'ort' / packed_name(name)).is_file() for name in WEBGPU_FILES)
    catalog['mean_face'] = unit_mean_face().round(6).tolist()
    catalog['markups'] = {98: markup(98, OPENINGS_98), 68: markup(68, OPENINGS_68)}
    (out / 'models/catalog.json').write_text(json.dumps(catalog), encoding='utf-8')
    faces = [render_face(sample_face(0, 'test', index, 320))[0] for index in EXAMPLE_FACES]
    cv2.imwrite(str(out / 'example.jpg'), np.hstack(faces), [cv2.IMWRITE_JPEG_QUALITY, 85])


def packed_name(name: str) -> str:
    """The name of a file of onnxruntime-web in the demo's folder."""
    return f'{name}.gz' if name.endswith('.wasm') else name


def fetch_runtime(out: Path) -> None:
    """Get the files of onnxruntime-web from the npm registry, unless they are there."""
    names = ORT_FILES + WEBGPU_FILES
    if all((out / packed_name(name)).is_file() for name in names):
        return
    if shutil.which('npm') is None:
        raise SystemExit('web.py: npm is needed to fetch onnxruntime-web; install Node.js')
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ['npm', 'pack', '--silent', '--fetch-retries=1', ORT],
            cwd=folder,
            check=True,
            stdout=sys.stderr,
        )
        (archive,) = Path(folder).glob('*.tgz')
        with tarfile.open(archive) as packed:
            for name in names:
                file = packed.extractfile(f'package/dist/{name}')
                assert file is not None
                write(out / packed_name(name), file.read())


def copy_model(name: str, out: Path) -> dict[str, str]:
    """Copy a model and its metadata; returns where they are, as the page names them."""
    folder = out / 'models' / name
    folder.mkdir(parents=True, exist_ok=True)
    model = halved(onnx.load(MODELS / name / 'model.onnx'))
    write(folder / 'model.onnx.gz', model.SerializeToString())
    info = json.loads((MODELS / name / 'model.json').read_text(encoding='utf-8'))
    (folder / 'model.json').write_text(json.dumps(info), encoding='utf-8')
    return {'file': f'./models/{name}/model.onnx.gz', 'info': f'./models/{name}/model.json'}


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store weights that float16 holds exactly as float16, cast where they are used.

    onnxruntime casts them once, when the model is opened: the function does not change by a bit.
    """
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        with np.errstate(over='ignore'):
            half = values.astype(np.float16)
        if values.size < 64 or not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f'{name}.half'))
        cast = onnx.helper.make_node('Cast', [f'{name}.half'], [name], to=onnx.TensorProto.FLOAT)
        casts.append(cast)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def write(path: Path, data: bytes) -> None:
    """Write a file, gzipped if its name says so; the same bytes give the same file."""
    path.write_bytes(gzip.compress(data, 9, mtime=0) if path.suffix == '.gz' else data)


def unit_mean_face() -> np.ndarray:
    """The mean face of WFLW in the unit square, (98, 2)."""
    points = WFLW98.mean_face[:, :2]
    return (points - points.min(axis=0)) / np.ptp(points, axis=0)


def markup(count: int, groups: object) -> dict[str, object]:
    """What the page needs of a mark-up: openings, five points, the rigid 3-D model of the pose."""
    rigid = list(MARKUPS[count].rigid)
    model = MARKUPS[count].mean_face[rigid]
    mean = model.mean(axis=0)
    return {
        **vars(groups),
        'five_points': MARKUPS[count].five_groups,
        'rigid': rigid,
        'model': model.tolist(),
        'mean': mean.tolist(),
        'inverse': np.linalg.pinv(model - mean).tolist(),
    }


def sizes(out: Path) -> str:
    """What a visitor of the default choice loads, in MB."""
    default = ('face_finder', next(iter(LANDMARKS)))
    parts = {
        'page': [path for path in out.iterdir() if path.is_file()],
        'runtime': [out / 'ort' / packed_name(name) for name in ORT_FILES],
        'models': [path for name in default for path in (out / 'models' / name).iterdir()],
    }
    parts['models'].append(out / 'models/catalog.json')
    totals = {name: sum(p.stat().st_size for p in paths) / 1e6 for name, paths in parts.items()}
    listed = ', '.join(f'{name} {size:.2f}' for name, size in totals.items())
    return f'{sum(totals.values()):.2f} MB ({listed})'


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=ROOT / 'build/web', help='folder to write')
    parser.add_argument('--port', type=whole_number(0, 65535), default=8000)
    parser.add_argument('--no-serve', action='store_true', help='build only')
    options = parser.parse_args()
    check_folder(options.out, '--out')
    build(options.out)
    print(f'{options.out}: the default choice loads {sizes(options.out)}')
    if options.no_serve:
        return
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(options.out))
    with http.server.ThreadingHTTPServer(('127.0.0.1', options.port), handler) as server:
        print(f'http://localhost:{server.server_port}/ (Ctrl-C ends)', flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == '__main__':
    main()
