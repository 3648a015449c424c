"""Which format a file or folder has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from pfld_mm.core.text import read_text, short
from pfld_mm.datasets.inside import links_out
from pfld_mm.datasets.readers.checks import load_json
from pfld_mm.datasets.readers.coco import read_coco
from pfld_mm.datasets.readers.csv_table import read_csv_table
from pfld_mm.datasets.readers.dlib_xml import read_dlib_xml
from pfld_mm.datasets.readers.label_set import LabelSet
from pfld_mm.datasets.readers.label_studio import read_label_studio
from pfld_mm.datasets.readers.labelme import read_labelme
from pfld_mm.datasets.readers.pts_folder import read_pts_folder
from pfld_mm.datasets.readers.yolo_pose import read_yolo_pose

READERS: dict[str, Callable[..., LabelSet]] = {
    'coco': read_coco,
    'label-studio': read_label_studio,
    'labelme': read_labelme,
    'yolo-pose': read_yolo_pose,
    'dlib': read_dlib_xml,
    'pts': read_pts_folder,
    'csv': read_csv_table,
}
_BY_ENDING = {'.yaml': 'yolo-pose', '.yml': 'yolo-pose', '.xml': 'dlib', '.csv': 'csv'}
KNOWN = 'COCO, Label Studio or labelme (.json), YOLO-pose (.yaml), dlib (.xml), .pts or .csv'


def read_labels(path: Path, images: Path | None = None, category: str | None = None) -> LabelSet:
    """Read a file or folder of any known format.

    Args:
        path: The file, or a folder with one file of labels or many of labelme's or ``.pts``.
        images: Folder of the images, in it or below; where the labels are by default, above it
            where that is called ``annotations``.
        category: For COCO files with several.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        ValueError: If the format is unknown or the file malformed.
    """
    path, name = detect(path)
    folder = images or (path if path.is_dir() else path.parent)
    if images is None and folder.name == 'annotations':  # COCO's and CVAT's layout
        folder = folder.parent
    if not folder.is_dir():
        raise FileNotFoundError(f'--images: {folder} is no folder')
    more = {'category': category} if name == 'coco' else {}
    labels = READERS[name](path, folder, **more)
    twice = [name for name, count in Counter(labels.names).items() if count > 1]
    if twice:
        raise ValueError(f'{path}: two points have the name {short(twice[0])}; rename one')
    odd = [name for name in labels.names if not _can_be_written(name)]
    if odd:
        raise ValueError(f'{path}: the name {short(odd[0])} of a point is no Unicode; rename it')
    return labels


def detect(path: Path) -> tuple[Path, str]:
    """The file (or folder) to read and the name of its format.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        ValueError: If the format is unknown, or a folder holds several files of labels.
    """
    if path.is_dir():
        return _in_folder(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist; name the file or folder of labels')
    if path.suffix.lower() == '.pts':
        return path.parent, 'pts'
    if path.suffix.lower() in _BY_ENDING:
        return path, _BY_ENDING[path.suffix.lower()]
    if path.suffix.lower() == '.json':
        content = load_json(path)
        if isinstance(content, list):
            return path, 'label-studio'
        if _is_labelme(content):
            return path, 'labelme'
        if isinstance(content, dict) and 'annotations' in content:
            return path, 'coco'
    raise ValueError(f'{path}: expected labels of {KNOWN}, found something else')


def _can_be_written(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can have
        return False
    return True


def _is_labelme(content: object) -> bool:
    return isinstance(content, dict) and 'shapes' in content


def _in_folder(path: Path) -> tuple[Path, str]:
    """The labels in a folder; a format that has one file for an image is the whole folder."""
    if next(path.rglob('*.pts'), None):
        return path, 'pts'
    yamls = [p for p in _own(path.glob('*.y*ml'), path) if 'kpt_shape' in read_text(p)]
    tables = _own([*path.glob('*.json'), *path.glob('*.xml'), *path.glob('*.csv')], path)
    found = yamls or tables
    jsons = [p for p in tables if p.suffix == '.json'] or _own(path.rglob('*.json'), path)
    if not yamls and jsons and _is_labelme(load_json(jsons[0])):
        return path, 'labelme'
    if len(found) != 1:
        listed = ', '.join(p.name for p in found[:5]) or 'none'
        raise ValueError(
            f'{path}: expected a folder with one file of labels ({KNOWN}), found {listed}; name '
            'the file'
        )
    return detect(found[0])


def _own(files: Iterable[Path], folder: Path) -> list[Path]:
    """Files in order, without links out of the folder."""
    return sorted(file for file in files if not links_out([folder], file))
