"""Label the faces of a folder of pictures with exported 98-point models.

``python tools/pseudo_label.py PICTURES OUT.txt --models FOLDER...`` writes a list that
``TwoMarkupFace`` reads: faces on which the predictions differ much are left out.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

PICTURES = ('.jpg', '.jpeg', '.png', '.bmp')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Label faces with exported models')
    parser.add_argument('pictures', type=Path, help='folder of pictures')
    parser.add_argument('out', type=Path, help='list to write')
    parser.add_argument('--models', nargs='+', required=True, help='exported 98-point models')
    parser.add_argument(
        '--data-root', type=Path, help="names are relative to it; by default the folder's parent"
    )
    parser.add_argument('--crops', type=int, default=5, help='crops that each model looks at')
    parser.add_argument(
        '--max-spread', type=float, default=0.04, help='in distances of the outer eye corners'
    )
    parser.add_argument('--min-side', type=float, default=48, help='of the smallest face, pixels')
    parser.add_argument('--yunet', help="YuNet's .onnx file, to find faces with")
    return parser.parse_args()


def main() -> None:
    """Label all pictures; a picture that cannot be read is named and skipped."""
    args = parse_args()

    from pfld_mm.datasets.face.teacher import Teacher
    from pfld_mm.runtime import FaceLandmarker, YuNetFaceFinder

    finder = YuNetFaceFinder(args.yunet) if args.yunet else None
    landmarkers = [FaceLandmarker(folder, finder=finder) for folder in args.models]
    teacher = Teacher(landmarkers, args.crops)
    root = args.data_root or args.pictures.parent
    paths = sorted(p for p in args.pictures.iterdir() if p.suffix.lower() in PICTURES)
    if not paths:
        raise SystemExit(f'{args.pictures}: expected pictures {PICTURES}, found none')
    found = 0
    lines = []
    for path in tqdm(paths, unit='picture'):
        image = cv2.imread(str(path))
        if image is None:
            tqdm.write(f'{path}: OpenCV cannot read it; left out')
            continue
        boxes = landmarkers[0].find_faces(image)
        boxes = boxes[(boxes[:, 2:] - boxes[:, :2]).max(1, initial=0) >= args.min_side]
        found += len(boxes)
        for points, spread in zip(*teacher(image, boxes), strict=True):
            if np.isfinite(points).all() and spread <= args.max_spread:
                numbers = ' '.join(f'{value:.2f}' for value in points.ravel())
                lines.append(f'{numbers} {spread:.4f} 0 {path.relative_to(root)}\n')
    args.out.write_text(''.join(lines), encoding='utf-8')
    print(f'{args.out}: {len(lines)} of {found} faces in {len(paths)} pictures')


if __name__ == '__main__':
    main()
