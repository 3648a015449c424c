"""dlib's imglab: XML with a box and named parts for each object."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from pfld_mm.core.text import read_text
from pfld_mm.datasets.readers.checks import numbers
from pfld_mm.datasets.readers.image_finder import ImageFinder
from pfld_mm.datasets.readers.label_set import LabelledObject, LabelSet


def read_dlib_xml(path: Path, images: Path) -> LabelSet:
    """Read imglab's file. The points are the parts in the order of their names, as in dlib.

    Args:
        path: The XML file.
        images: Folder of the images.

    Raises:
        ValueError: If the file is malformed.
    """
    text = read_text(path)
    if '<!DOCTYPE' in text or '<!ENTITY' in text:
        raise ValueError(f'{path}: expected XML of imglab, found a DOCTYPE; remove it')
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f'{path}: expected XML, but {error}; export the labels again') from None
    images_found = list(root.iter('image'))
    if not images_found:
        raise ValueError(f'{path}: expected <image file=...> elements, found none')
    names = tuple(sorted({part.get('name', '') for part in root.iter('part')}))
    finder, objects, left_out = ImageFinder(images), [], []
    for image in images_found:
        name = image.get('file')
        if not name:
            raise ValueError(f'{path}: an <image> has no attribute file')
        found = finder.find(name)
        for i, box in enumerate(image.iter('box')):
            source = f'{path}: image {name!r}, box {i}'
            if found is None:
                left_out.append(f'{source}: the image is not below {finder.folder}')
            elif box.get('ignore') == '1':
                left_out.append(f'{source}: it says ignore')
            else:
                objects.append(_object(box, found, names, source))
    return LabelSet('dlib XML', names, tuple(objects), tuple(left_out))


def _object(
    box: ElementTree.Element, image: Path, names: tuple[str, ...], source: str
) -> LabelledObject:
    keys = ('left', 'top', 'width', 'height')
    left, top, width, height = numbers(
        [box.get(key) for key in keys], 4, f'{source}, {", ".join(keys)}'
    )
    points = np.full((len(names), 2), -1.0)
    visibility = np.zeros(len(names), np.int64)
    for part in box.iter('part'):
        name = part.get('name', '')
        index = names.index(name)
        points[index] = numbers([part.get('x'), part.get('y')], 2, f'{source}, part {name!r}')
        visibility[index] = 2
    corners = np.array([left, top, left + width, top + height])
    return LabelledObject(image, points, visibility, source, corners)
