"""Label files in COCO's form, read without xtcocotools (no wheel after Python 3.11, numpy 1)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn


class CocoLabels:
    """The part of ``xtcocotools.coco.COCO`` that mmpose's datasets call.

    Args:
        annotation_file: A JSON file in COCO's form; None for no labels.

    Attributes:
        dataset: The whole file.
        anns: Annotation of each annotation id.
        imgs: Image of each image id.
        cats: Category of each category id.
        imgToAnns: Annotations of each image id.

    Raises:
        ValueError: if the file is not a JSON dictionary.
    """

    def __init__(self, annotation_file: str | Path | None = None, test_index: Any = None) -> None:
        self.dataset: dict[str, Any] = {}
        if annotation_file is not None:
            self.dataset = _read(Path(annotation_file))
        self.createIndex()

    def createIndex(self) -> None:
        """Sort ``dataset`` by id; to be called after a change of it."""
        self.anns = {item['id']: item for item in self.dataset.get('annotations', [])}
        self.imgs = {item['id']: item for item in self.dataset.get('images', [])}
        self.cats = {item['id']: item for item in self.dataset.get('categories', [])}
        self.imgToAnns = defaultdict(list)
        for annotation in self.dataset.get('annotations', []):
            self.imgToAnns[annotation['image_id']].append(annotation)

    def getAnnIds(
        self,
        imgIds: int | Iterable[int] = (),
        catIds: int | Iterable[int] = (),
        areaRng: Iterable[float] = (),
        iscrowd: bool | None = None,
    ) -> list[int]:
        """Ids of the annotations of these images and categories; empty arguments mean all."""
        images, categories = _ids(imgIds), set(_ids(catIds))
        low, high = tuple(areaRng) or (float('-inf'), float('inf'))
        listed = self.dataset.get('annotations', [])
        if images:
            listed = [item for image in images for item in self.imgToAnns.get(image, [])]
        return [
            item['id']
            for item in listed
            if (not categories or item['category_id'] in categories)
            and low < item.get('area', 0 if low < 0 else low) < high
            and (iscrowd is None or bool(item.get('iscrowd', 0)) == bool(iscrowd))
        ]

    def getCatIds(
        self,
        catNms: str | Iterable[str] = (),
        supNms: str | Iterable[str] = (),
        catIds: int | Iterable[int] = (),
    ) -> list[int]:
        """Ids of the categories with these names, supercategories and ids."""
        names, parents, ids = _ids(catNms), _ids(supNms), _ids(catIds)
        return [
            item['id']
            for item in self.dataset.get('categories', [])
            if (not names or item['name'] in names)
            and (not parents or item.get('supercategory') in parents)
            and (not ids or item['id'] in ids)
        ]

    def getImgIds(
        self,
        imgIds: int | Iterable[int] = (),
        catIds: int | Iterable[int] = (),
    ) -> list[int]:
        """Ids of the images among ``imgIds`` that show every category of ``catIds``."""
        found = dict.fromkeys(_ids(imgIds) or self.imgs)
        for category in _ids(catIds):
            shown = {i for i in found for a in self.imgToAnns[i] if a['category_id'] == category}
            found = {image: None for image in found if image in shown}
        return list(found)

    def loadAnns(self, ids: int | Iterable[int] = ()) -> list[dict]:
        """The annotations with these ids."""
        return [self.anns[i] for i in _ids(ids)]

    def loadCats(self, ids: int | Iterable[int] = ()) -> list[dict]:
        """The categories with these ids."""
        return [self.cats[i] for i in _ids(ids)]

    def loadImgs(self, ids: int | Iterable[int] = ()) -> list[dict]:
        """The images with these ids."""
        return [self.imgs[i] for i in _ids(ids)]

    def loadRes(self, resFile: Any) -> NoReturn:
        """Refuse: AP by OKS needs the real package."""
        raise RuntimeError(NEEDS_XTCOCOTOOLS.format('COCO.loadRes'))


NEEDS_XTCOCOTOOLS = (
    '{} was called, but xtcocotools is not installed: CocoMetric and bottom-up models need it '
    '(Python up to 3.11 with numpy 1); measure keypoints with NME, PCK, AUC or EPE instead.'
)


def _read(path: Path) -> dict[str, Any]:
    try:
        dataset = json.loads(path.read_text(encoding='utf-8-sig'))
    except json.JSONDecodeError as error:
        raise ValueError(f'{path}, line {error.lineno}: not JSON ({error.msg})') from error
    if not isinstance(dataset, dict):
        raise ValueError(
            f'{path}: expected a dictionary with images, annotations and categories, '
            f'found a {type(dataset).__name__}'
        )
    return dataset


def _ids(value: Any) -> list:
    """A list of one or several ids (or names)."""
    several = hasattr(value, '__iter__') and not isinstance(value, str)
    return list(value) if several else [value]
