"""``python -m pfld_mm.runtime SOURCE``: landmarks of images, videos and cameras.

Prints one line of JSON for each image or frame.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pfld_mm.core.image import MAX_PIXELS, read_image
from pfld_mm.runtime.drawing import draw_faces, draw_slider
from pfld_mm.runtime.face_finder import DEFAULT_MODEL as DEFAULT_FINDER
from pfld_mm.runtime.face_finder import FaceFinder
from pfld_mm.runtime.face_landmarker import DEFAULT_MODEL, FaceLandmarker
from pfld_mm.runtime.face_tracker import FaceTracker
from pfld_mm.runtime.finder import Finder
from pfld_mm.runtime.haar_face_finder import HaarFaceFinder
from pfld_mm.runtime.image_sources import check_out, images_of, is_video
from pfld_mm.runtime.model_folder import ModelFolder, shipped_models
from pfld_mm.runtime.one_euro import OneEuro
from pfld_mm.runtime.output import Output, check_screen
from pfld_mm.runtime.slider_locator import SliderLocator
from pfld_mm.runtime.video import Video
from pfld_mm.runtime.yunet_face_finder import YuNetFaceFinder


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit status: 0, 1 if an image of a folder could not be read, 2 for an error.
    """
    options = _parser().parse_args(arguments)
    try:
        check_out(options.source, options.out)
        if options.show:
            check_screen()
        folder = options.model
        if ModelFolder.read(folder).info.task == 'slider':
            return _run_slider(SliderLocator(folder, options.backend, options.threads), options)
        finder = _finder(options)
        landmarker = FaceLandmarker(folder, options.backend, options.threads, finder)
        return _run_faces(landmarker, options)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2


def _finder(options: argparse.Namespace) -> Finder:
    """What the options say shall find the faces."""
    if options.yunet:
        return YuNetFaceFinder(options.yunet)
    if options.finder == 'haar':
        return HaarFaceFinder()
    return FaceFinder(options.finder, min_face=options.min_face, threads=options.threads)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='python -m pfld_mm.runtime', description=__doc__)
    parser.add_argument('source', help='image, folder of images, video, or number of a camera')
    parser.add_argument(
        '--model',
        default=DEFAULT_MODEL,
        help='folder that the export tool wrote, or a model that comes with the package: '
        f'{", ".join(shipped_models())} (default: {DEFAULT_MODEL})',
    )
    parser.add_argument('--backend', default='onnxruntime', help='onnxruntime, openvino, ncnn, ...')
    parser.add_argument('--threads', type=int, default=1, help='of the backend, 0: its own choice')
    parser.add_argument('--out', type=Path, help='where to draw: image, folder or video')
    parser.add_argument('--show', action='store_true', help='in a window; q or Esc ends')
    parser.add_argument('--pose', action='store_true', help='solve head poses (68 and 98 points)')
    parser.add_argument('--raw', action='store_true', help='do not smooth the points of a video')
    parser.add_argument(
        '--finder',
        default=DEFAULT_FINDER,
        help="what finds the faces: an exported face finder, or 'haar', OpenCV's cascade "
        f'(default: {DEFAULT_FINDER})',
    )
    parser.add_argument(
        '--min-face',
        type=float,
        help='longer side in pixels of the smallest face to be found; small ones take longer',
    )
    parser.add_argument('--yunet', type=Path, help="YuNet's .onnx file, to find faces with")
    parser.add_argument(
        '--max-pixels',
        type=_positive,
        default=MAX_PIXELS,
        help=f'larger images are refused (default: {MAX_PIXELS})',
    )
    parser.add_argument('--self-test', action='store_true', help='check the golden pair first')
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'expected a positive whole number, found {text!r}')
    return int(text)


def _run_images(
    options: argparse.Namespace, answer: Callable[[np.ndarray], tuple[dict, np.ndarray]]
) -> int:
    """Print and draw what ``answer`` says of each image."""
    files, skipped = images_of(options.source)
    if skipped:
        print(skipped, file=sys.stderr)
    output = Output(options.out, options.show)
    in_folder = Path(options.source).is_dir() or (options.out is not None and options.out.is_dir())
    lost = 0
    for file in files:
        try:
            image = read_image(file, options.max_pixels)
        except (OSError, ValueError, ImportError) as error:
            lost += 1
            print(f'left out: {error}', file=sys.stderr)
            continue
        found, drawn = answer(image)
        print(json.dumps({'source': str(file), **found}))
        if not output.put(drawn, file.name if in_folder else None):
            break
    output.close()
    return 2 if lost == len(files) else int(lost > 0)


def _run_faces(landmarker: FaceLandmarker, options: argparse.Namespace) -> int:
    if options.self_test:
        print(f'self-test passed: {landmarker.self_test():.2g} px', file=sys.stderr)
    if is_video(options.source):
        return _run_video(landmarker, options)

    def answer(image: np.ndarray) -> tuple[dict, np.ndarray]:
        landmarks = landmarker(image, pose=options.pose)
        return landmarks.to_dict(), draw_faces(image, landmarks, landmarker.info)

    return _run_images(options, answer)


def _run_slider(locator: SliderLocator, options: argparse.Namespace) -> int:
    if options.self_test:
        print(f'self-test passed: {locator.self_test():.2g} px', file=sys.stderr)
    if is_video(options.source):
        raise ValueError(f'{options.model} is for slider puzzles: it takes images, not videos')

    def answer(image: np.ndarray) -> tuple[dict, np.ndarray]:
        result = locator(image)
        return result.to_dict(), draw_slider(image, result)

    return _run_images(options, answer)


def _run_video(landmarker: FaceLandmarker, options: argparse.Namespace) -> int:
    video = Video(int(options.source) if not Path(options.source).exists() else options.source)
    output = Output(options.out, options.show, video.fps)
    tracker = FaceTracker(landmarker, smooth=None if options.raw else OneEuro)
    try:
        for time, frame in video:
            faces = tracker(frame, time, options.pose)
            print(json.dumps({'time': round(time, 4), **faces.to_dict()}))
            if not output.put(draw_faces(frame, faces, landmarker.info)):
                break
        else:
            if video.is_camera or video.frames < video.announced:
                expected = f' of {video.announced}' if video.announced else ''
                print(f'{video.name} ended after {video.frames}{expected} frames', file=sys.stderr)
    finally:
        video.close()
        output.close()
    return 0


if __name__ == '__main__':
    sys.exit(main())
