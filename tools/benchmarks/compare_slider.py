"""Compare an exported slider model with other ways to find the gap, in one run on one thread.

``python tools/benchmarks/compare_slider.py EXPORTED --real FOLDER --out comparison.md``

The methods: our model, edges with template matching (OpenCV), and the public package
captcha-recognizer where it is installed. The images: real ones, and a synthetic set for each
difficulty. All methods see the same images in the same process.
"""

import argparse
import itertools
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from _common import quiet_openmp

quiet_openmp()


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Our slider model beside other methods')
    parser.add_argument('model', nargs='*', help='folders that tools/deploy.py wrote')
    parser.add_argument(
        '--backends', nargs='+', default=['onnxruntime'], help='of our models, a row for each'
    )
    parser.add_argument('--real', help='folder with real images and labels.csv')
    parser.add_argument(
        '--piece-left', type=float, help='left edge in px of the piece, if it has no label'
    )
    parser.add_argument('--photos', help='folder of photos for the synthetic puzzles')
    parser.add_argument('--count', type=int, default=300, help='synthetic puzzles a set')
    parser.add_argument('--seed', type=int, default=2026, help='of the synthetic puzzles')
    parser.add_argument('--timed', type=int, default=60, help='images to measure the time on')
    parser.add_argument('--without-package', action='store_true', help='no captcha-recognizer')
    parser.add_argument('--sheets', type=Path, help='folder for images of the worst answers')
    parser.add_argument('--out', type=Path, help='Markdown file; a .json is written beside it')
    return parser.parse_args()


def open_methods(args: argparse.Namespace) -> list:
    """Our models first, then the others."""
    from benchmarks.slider.captcha_recognizer_slider import CaptchaRecognizerSlider
    from benchmarks.slider.comparison import Method
    from benchmarks.slider.edge_matching import EdgeMatching

    from pfld_mm.runtime import SliderLocator

    methods = []
    for folder, backend in itertools.product(args.model, args.backends):
        ours = SliderLocator(folder, backend, threads=1)
        name = f'pfld_mm {ours.info.name}'
        if len(args.backends) > 1:
            name += f', {backend}'
        methods.append(Method(name, lambda p, _, m=ours: _from_corner(m(p).gap)))
        if backend == args.backends[0]:
            methods.append(
                Method(
                    f"{name}, piece's box given",
                    lambda p, box, m=ours: _moved(box, m(p).distance),
                    needs_box=True,
                )
            )
    if not args.without_package:
        package = CaptchaRecognizerSlider(threads=1)
        methods.append(Method('captcha-recognizer', lambda p, _: package(p)))
    matching = EdgeMatching()
    methods += [
        Method("edges, piece's box given", matching, needs_box=True),
        Method("edges, piece's box given, its row", EdgeMatching(same_row=True), needs_box=True),
        Method('edges, no box (x only)', lambda p, _: matching(p)),
    ]
    if len({method.name for method in methods}) < len(methods):
        raise ValueError('two of the models have the same name; compare them in two runs')
    return methods


def _from_corner(point: tuple[float, float] | None) -> tuple[float, float] | None:
    """A result, whose origin is the first pixel's center, as labels have it: from its corner."""
    return None if point is None else (point[0] + 0.5, point[1] + 0.5)


def _moved(box: tuple[float, ...], distance: float | None) -> tuple[float, float] | None:
    """Where the piece's center is after it was moved to the right; None if nothing was found."""
    if distance is None:
        return None
    x1, y1, x2, y2 = box
    return (x1 + x2) / 2 + distance, (y1 + y2) / 2


def open_sets(args: argparse.Namespace) -> list:
    """The real set first, where there is one."""
    from benchmarks.slider.image_set import real_set, synthetic_sets

    if args.count < 1 or args.timed < 1:
        raise ValueError('--count and --timed must be positive')
    real = [real_set(args.real, args.piece_left)] if args.real else []
    return real + synthetic_sets(args.photos, args.count, args.seed)


def compare(args: argparse.Namespace) -> None:
    """Measure the time, then the hits; print and write the tables."""
    from benchmarks.slider.comparison import answer_all, summarise, time_all
    from benchmarks.slider.report import tables, write_between_marks
    from benchmarks.slider.sheets import write_worst

    methods, sets = open_methods(args), open_sets(args)
    times = time_all(sets[0], methods, args.timed)
    print(f'time measured on {min(args.timed, sets[0].count)} images', flush=True)
    figures = {}
    for images in sets:
        answers = answer_all(images, methods)
        figures[images.name] = {name: summarise(given) for name, given in answers.items()}
        if args.sheets:
            write_worst(args.sheets, images, answers)
        print(f'{images.name}: {images.count} images', flush=True)
    heading = (
        f'Time: median on one thread over {min(args.timed, sets[0].count)} images of the set '
        f'"{sets[0].name}". Synthetic puzzles: seed {args.seed}.'
    )
    text = tables(figures, times, heading)
    print(f'\n{text}')
    if args.out:
        write_between_marks(args.out, text)
        result = dict(seed=args.seed, times=times, sets=figures)
        args.out.with_suffix('.json').write_text(json.dumps(result, indent=1) + '\n')


def main() -> None:
    """One thread for everybody, and a sentence for what is wrong."""
    args = parse_args()
    import cv2

    cv2.setNumThreads(1)
    try:
        compare(args)
    except (ImportError, OSError, ValueError) as error:
        print(f'compare_slider.py: {error}', file=sys.stderr)
        sys.exit(1)


if __name__ == '__main__':
    main()
