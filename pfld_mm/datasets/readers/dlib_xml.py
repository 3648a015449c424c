"""dlib's imglab: XML with a box and named parts for each object."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from pfld_mm.core.text import read_text, short
from pfld_mm.datasets.readers.checks import numbers, stated_size
from pfld_mm.datasets.readers.image_finder import ImageFinder, ListedImage
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
    names = tuple(sorted({part.get('name', '') for part in root.iter('part')} - {''}))
    finder = ImageFinder(images, (ListedImage(image.get('file', '')) for image in images_found))
    objects, left_out = [], []
    for image in images_found:
        name = image.get('file')
        if not name:
            raise ValueError(f'{path}: an <image> has no attribute file')
        where = f'{path}: image {short(name)}'
        stated = stated_size(image.attrib, ('width', 'height'), where)
        found = finder.find(ListedImage(name))
        for i, box in enumerate(image.iter('box')):
            source = f'{where}, box {i}'
            reason = found if isinstance(found, str) else _fault(box)
            if reason is None:
                objects.append(replace(_object(box, found, names, source), stated=stated))
            else:
                left_out.append(f'{source}: {reason}')
    return LabelSet('dlib XML', names, tuple(objects), tuple(left_out))


def _fault(box: ElementTree.Element) -> str | None:
    """Why a box is left out, or None."""
    if box.get('ignore') == '1':
        return 'it says ignore'
    counts = Counter(part.get('name', '') for part in box.iter('part'))
    twice = [name for name, count in counts.items() if count > 1]
    if '' in counts:
        return 'a part has no name'
    return f'the part {short(twice[0])} is there twice' if twice else None


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
        where = f'{source}, part {short(name)}'
        points[index] = numbers([part.get('x'), part.get('y')], 2, where)
        visibility[index] = 2
    corners = np.array([left, top, left + width, top + height])
    return LabelledObject(image, points, visibility, source, corners)
