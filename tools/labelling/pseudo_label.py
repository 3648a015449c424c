"""Label the faces of a folder of images with exported 98-point models.

``python tools/labelling/pseudo_label.py IMAGES OUT.txt --models FOLDER...`` writes a list that
``TwoMarkupFace`` reads: faces on which the predictions differ much are left out. With ``--mesh``
faces that are turned far are labelled by MediaPipe's mesh, see docs/two_markups.md.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))

FOCAL = 5.0
"""In sides of the face: portraits are taken from afar."""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Label faces with exported models')
    parser.add_argument('images', type=Path, help='folder of images')
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
    finders = parser.add_mutually_exclusive_group()
    finders.add_argument('--yunet', help="YuNet's .onnx file, to find faces with")
    finders.add_argument(
        '--boxes',
        type=Path,
        help='faces that any finder found, a line each: image,x_min,y_min,x_max,y_max',
    )
    parser.add_argument(
        '--mesh',
        type=Path,
        metavar='LIST',
        help='label turned faces by a mesh, mapped as on the faces of this list of pseudo-labels',
    )
    parser.add_argument(
        '--repeat-turned',
        action='store_true',
        help='write faces turned beyond 25, 35, 45 degrees 3, 6, 10 times',
    )
    return parser.parse_args()


def main() -> None:
    """Label all images; an image that cannot be read is named and skipped."""
    args = parse_args()

    from labelling.media_pipe_mesh import MediaPipeMesh
    from labelling.mesh_teacher import MeshTeacher
    from labelling.teacher import Teacher

    from pfld_mm.core.image import read_image
    from pfld_mm.core.image_files import image_files
    from pfld_mm.datasets.face.two_markup_face import TwoMarkupFace
    from pfld_mm.runtime import FaceLandmarker, YuNetFaceFinder

    known = None if args.boxes is None else read_boxes(args.boxes)

    finder = YuNetFaceFinder(args.yunet) if args.yunet else None
    landmarkers = [FaceLandmarker(folder, finder=finder) for folder in args.models]
    teacher = Teacher(landmarkers, args.crops)
    root = args.data_root or args.images.parent
    if args.mesh is not None:
        faces = TwoMarkupFace(
            ann_files=str(args.mesh.absolute()), data_root=str(root), lazy_init=True
        )
        teacher = MeshTeacher(teacher, MediaPipeMesh(), tqdm(faces.load_faces()[::3], desc='mesh'))
    paths = image_files(args.images)
    if not paths:
        raise SystemExit(f'{args.images}: expected images, found none')
    found = labelled = 0
    lines = []
    for path in tqdm(paths, unit='image'):
        try:
            image = read_image(path)
        except (OSError, ValueError, ImportError) as error:
            tqdm.write(f'left out: {error}')
            continue
        if known is None:
            boxes = landmarkers[0].find_faces(image).boxes
        else:
            boxes = known.get(path.name, np.zeros((0, 4), np.float32))
        boxes = boxes[(boxes[:, 2:] - boxes[:, :2]).max(1, initial=0) >= args.min_side]
        found += len(boxes)
        for points, spread in zip(*teacher(image, boxes), strict=True):
            if np.isfinite(points).all() and spread <= args.max_spread:
                numbers = ' '.join(f'{value:.2f}' for value in points.ravel())
                line = f'{numbers} {spread:.4f} 0 {path.relative_to(root)}\n'
                lines += [line] * (times(points) if args.repeat_turned else 1)
                labelled += 1
    args.out.write_text(''.join(lines), encoding='utf-8')
    print(f'{args.out}: {labelled} of {found} faces in {len(paths)} images')


def read_boxes(path: Path) -> dict[str, np.ndarray]:
    """The boxes (F, 4) of each image's name.

    Raises:
        SystemExit: If a line is not a name and four numbers.
    """
    boxes: dict[str, list] = {}
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        name, *numbers = line.rsplit(',', 4)
        try:
            box = [float(value) for value in numbers]
        except ValueError:
            box = []
        if len(box) != 4:
            raise SystemExit(
                f'{path}:{number}: expected image,x_min,y_min,x_max,y_max, found {line!r}'
            )
        boxes.setdefault(name, []).append(box)
    return {name: np.array(found, np.float32) for name, found in boxes.items()}


def times(points: np.ndarray) -> int:
    """How often a face is written, by how far it is turned."""
    from pfld_mm.core.head_pose import solve_head_pose

    low, side = points.min(0), float(np.ptp(points, axis=0).max())
    yaw = abs(np.degrees(solve_head_pose(points - low, (side, side), FOCAL * side).yaw))
    return 1 if yaw < 25 else 3 if yaw < 35 else 6 if yaw < 45 else 10


if __name__ == '__main__':
    main()
