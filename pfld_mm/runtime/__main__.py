"""``python -m pfld_mm.runtime SOURCE``: landmarks of images, videos and cameras."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from pfld_mm.core.image import read_image
from pfld_mm.core.model_info import ModelInfo
from pfld_mm.runtime.arguments import STDOUT, parser
from pfld_mm.runtime.drawing import draw_faces, draw_slider
from pfld_mm.runtime.face_finder import DEFAULT_MAX_SIDE, FaceFinder, finder_min_score
from pfld_mm.runtime.face_landmarker import FaceLandmarker
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.face_tracker import FaceTracker
from pfld_mm.runtime.finder import Finder
from pfld_mm.runtime.haar_face_finder import HaarFaceFinder
from pfld_mm.runtime.image_sources import (
    check_out,
    check_report,
    default_out,
    images_of,
    is_camera,
    is_video,
)
from pfld_mm.runtime.model_folder import ModelFolder
from pfld_mm.runtime.one_euro import OneEuro
from pfld_mm.runtime.output import Output, check_screen
from pfld_mm.runtime.progress import progress
from pfld_mm.runtime.reports import open_reports, sentence
from pfld_mm.runtime.slider_locator import SliderLocator
from pfld_mm.runtime.video import Video
from pfld_mm.runtime.yunet_face_finder import YuNetFaceFinder

Answer = Callable[[np.ndarray], Any]
Draw = Callable[[np.ndarray, Any], np.ndarray]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit status: 0; 1 if an image of a folder could not be read; 2 for an error; and as a
        shell's, 130 if it is interrupted, 141 if nobody reads the output any more.
    """
    _settle_streams()
    options = parser().parse_args(arguments)
    try:
        _settle_outputs(options)
        info = ModelFolder.read(options.model, options.verify).info
        with ExitStack() as stack:
            reports = open_reports(options.json, options.csv, info.keypoint_names, stack)
            return _run(info, options, reports)
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's last flush
        return 141
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f'error: {_in_words(error)}', file=sys.stderr)
        return 2


def _settle_streams() -> None:
    """Let every name be printed, and nothing go to a stream that is closed."""
    sys.stdout = sys.stdout or open(os.devnull, 'w')
    sys.stderr = sys.stderr or open(os.devnull, 'w')
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
        return 'no space left where --out, --json or --csv write; make room or name another place'
    return str(error)


def _settle_outputs(options: argparse.Namespace) -> None:
    """Check where things go, before a model is read; draw beside the source by default."""
    _check_outputs(options)
    if options.show:
        check_screen()
    for_machines = options.json is not None or options.csv is not None
    options.quiet = STDOUT in (options.json, options.csv)
    options.voice = sys.stdout
    if not for_machines and not sys.stdout.isatty():
        # another program reads: it gets JSON, the person beside it still the sentences
        options.json, options.voice = STDOUT, sys.stderr
    if options.out is not None or options.show or options.quiet:
        return
    if is_camera(options.source):
        if not for_machines:
            raise ValueError(
                f'camera {options.source}: say what to do with its frames: --show, --out FILE, '
                '--json or --csv'
            )
        return
    options.out = default_out(options.source)


def _check_outputs(options: argparse.Namespace) -> None:
    check_out(options.source, options.out)
    for option, file in (('--json', options.json), ('--csv', options.csv)):
        if file not in (None, STDOUT):
            check_report(option, file, options.source, options.out)


def _run(info: ModelInfo, options: argparse.Namespace, reports: list) -> int:
    if info.task == 'slider':
        if is_video(options.source):
            raise ValueError(f'{options.model} is for slider puzzles: it takes images, not videos')
        locator = SliderLocator(options.model, options.backend, options.threads, options.verify)
        _self_test(locator, options)
        return _run_images(options, locator, draw_slider, reports)
    finder = _finder(options, info)
    landmarker = FaceLandmarker(
        options.model, options.backend, options.threads, finder, options.verify
    )
    _self_test(landmarker, options)
    if is_video(options.source):
        return _run_video(landmarker, options, reports)

    def answer(image: np.ndarray) -> FaceLandmarks:
        return landmarker(image, pose=options.pose)

    return _run_images(
        options, answer, lambda image, faces: draw_faces(image, faces, landmarker.info), reports
    )


def _self_test(predictor: FaceLandmarker | SliderLocator, options: argparse.Namespace) -> None:
    if options.self_test:
        print(f'self-test passed: {predictor.self_test():.2g} px', file=sys.stderr)


def _finder(options: argparse.Namespace, info: ModelInfo) -> Finder:
    """What the options say shall find the faces.

    Raises:
        ValueError: If an option is of another finder.
    """
    other = 'YuNet' if options.yunet else 'haar' if options.finder == 'haar' else None
    if other is None:
        score = finder_min_score(info)
        return FaceFinder(
            options.finder, options.max_side or DEFAULT_MAX_SIDE, options.min_face, score,
            options.threads, verify=options.verify,
        )  # fmt: skip
    for name in ('min_face', 'max_side'):
        if getattr(options, name) is not None:
            option = f'--{name.replace("_", "-")}'
            raise ValueError(
                f'{option} is an option of the own face finder; leave it or {other} out'
            )
    return YuNetFaceFinder(options.yunet) if options.yunet else HaarFaceFinder()


def _run_images(options: argparse.Namespace, answer: Answer, draw: Draw, reports: list) -> int:
    """Report and draw what ``answer`` says of each image."""
    files, skipped = images_of(options.source)
    if skipped:
        print(skipped, file=sys.stderr)
    output = Output(options.out, options.show)
    in_folder = Path(options.source).is_dir() or (options.out is not None and options.out.is_dir())
    lost = 0
    for file in progress(files, len(files), 'image'):
        try:
            image = read_image(file, options.max_pixels)
        except (OSError, ValueError, ImportError) as error:
            lost += 1
            print(f'left out: {error}', file=sys.stderr)
            continue
        start = perf_counter()
        result = answer(image)
        seconds = perf_counter() - start
        for report in reports:
            report.add(str(file), result, None)
        drawn_to, goes_on = output.put(draw(image, result), file.name if in_folder else None)
        if not options.quiet:
            drawn = f', drawn in {drawn_to}' if drawn_to else ''
            line = f'{file}: {sentence(result)}, {1e3 * seconds:.0f} ms{drawn}'
            print(line, file=options.voice)
        if not goes_on:
            break
    output.close()
    return 2 if lost == len(files) else int(lost > 0)


def _run_video(landmarker: FaceLandmarker, options: argparse.Namespace, reports: list) -> int:
    source = int(options.source) if is_camera(options.source) else options.source
    video = Video(source, options.max_pixels)
    output = Output(options.out, options.show, video.fps)
    tracker = FaceTracker(landmarker, smooth=None if options.raw else OneEuro)
    seconds, faces_in_all = 0.0, 0
    try:
        for time, frame in progress(video, video.announced, 'frame'):
            start = perf_counter()
            faces = tracker(frame, time, options.pose)
            seconds += perf_counter() - start
            faces_in_all += len(faces)
            for report in reports:
                report.add(video.name, faces, time)
            if not output.put(draw_faces(frame, faces, landmarker.info), time=time)[1]:
                break
        else:
            if video.broke_off:
                expected = f' of {video.announced}' if video.announced else ''
                print(f'{video.name} ended after {video.frames}{expected} frames', file=sys.stderr)
    finally:
        video.close()
        output.close()
    if not options.quiet:
        drawn = f', drawn in {options.out}' if options.out else ''
        print(
            f'{video.name}: {video.frames} frames, {faces_in_all / video.frames:.1f} faces a '
            f'frame, {1e3 * seconds / video.frames:.1f} ms a frame{drawn}',
            file=options.voice,
        )
    return 0


if __name__ == '__main__':
    sys.exit(main())
