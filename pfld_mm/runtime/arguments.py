"""The command line's options."""

from __future__ import annotations

import argparse
from pathlib import Path

from pfld_mm.core.image_size import MAX_PIXELS
from pfld_mm.runtime.face_finder import DEFAULT_MAX_SIDE
from pfld_mm.runtime.face_finder import DEFAULT_MODEL as DEFAULT_FINDER
from pfld_mm.runtime.face_landmarker import DEFAULT_MODEL
from pfld_mm.runtime.model_folder import shipped_models

STDOUT = '-'


def parser() -> argparse.ArgumentParser:
    """What ``python -m pfld_mm.runtime`` takes."""
    made = argparse.ArgumentParser(
        prog='python -m pfld_mm.runtime',
        description='Finds the landmarks of the faces of an image, a folder, a video or a camera, '
        'or the gap of a slider puzzle; says what was found and draws it. Another program that '
        'reads the output gets lines of JSON.',
    )
    made.add_argument(
        'source', type=_named, help='image, folder of images, video, or number of a camera'
    )
    made.add_argument(
        '--model',
        default=DEFAULT_MODEL,
        help='folder that the export tool wrote, or a model that comes with the package: '
        f'{", ".join(shipped_models())} (default: {DEFAULT_MODEL})',
    )
    made.add_argument('--backend', default='onnxruntime', help='onnxruntime, openvino, ncnn, ...')
    made.add_argument('--threads', type=int, default=1, help='of the backend, 0: its own choice')
    made.add_argument(
        '--no-verify',
        dest='verify',
        action='store_false',
        help="do not compare the model's files with their digests in its metadata",
    )
    _add_outputs(made)
    made.add_argument('--pose', action='store_true', help='solve head poses (68 and 98 points)')
    made.add_argument('--raw', action='store_true', help='do not smooth the points of a video')
    _add_finders(made)
    made.add_argument(
        '--max-pixels',
        type=_positive,
        default=MAX_PIXELS,
        help=f'larger images are refused (default: {MAX_PIXELS})',
    )
    made.add_argument('--self-test', action='store_true', help='check the golden pair first')
    return made


def _add_outputs(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        '--out',
        type=lambda text: Path(_named(text)),
        help='where to draw: image, folder or video (default: photo.points.jpg beside photo.jpg)',
    )
    made.add_argument('--show', action='store_true', help='in a window; q or Esc ends')
    for form, line in (('json', 'an image or a frame'), ('csv', 'a point')):
        made.add_argument(
            f'--{form}',
            type=_named,
            nargs='?',
            const=STDOUT,
            metavar='FILE',
            help=f'write {form.upper()}, a line {line}, to a file or to stdout; '
            'to stdout, nothing is drawn without --out',
        )


def _add_finders(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        '--finder',
        default=DEFAULT_FINDER,
        help="what finds the faces: an exported face finder, or 'haar', OpenCV's cascade "
        f'(default: {DEFAULT_FINDER})',
    )
    made.add_argument(
        '--min-face',
        type=float,
        help='longer side in pixels of the smallest face to be found; small ones take longer',
    )
    made.add_argument(
        '--max-side',
        type=_positive,
        help='faces are looked for in the image at this size of its longer side, in pixels; more '
        f'finds smaller ones and takes longer (default: {DEFAULT_MAX_SIDE})',
    )
    made.add_argument('--yunet', type=Path, help="YuNet's .onnx file, to find faces with")


def _named(text: str) -> str:
    if not text:  # as from a variable that is not set; it would mean the current folder
        raise argparse.ArgumentTypeError('expected a name, found an empty one')
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'expected a positive whole number, found {text!r}')
    return int(text)
