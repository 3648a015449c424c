from __future__ import annotations

import hashlib
import os
from pathlib import Path

from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from pfld_mm.core.finder.face_geometry import FIVE_POINTS
from pfld_mm.datasets.finder.finder_labels import ImageFaces, read_finder_labels
from pfld_mm.datasets.inside import inside

ANY_PATH = 'set data_root=None to allow any path'


@DATASETS.register_module()
class FinderDataset(BaseDataset):
    """Whole images with the boxes and five points of their faces, from lists.

    A sample holds ``img_path``, ``boxes`` (F, 4), ``points`` (F, 5, 2), ``yaw`` (F,), ``ignore``
    (F,) and ``attributes`` (F, A), what the pipeline begins with.

    Args:
        ann_files: Lists as `read_finder_labels` reads them, relative to ``data_root``, which the
            names of the images are relative to as well.
        part: None for all images, or ``('train', fraction)`` and ``('val', fraction)``: a fraction
            of the images is held out. Two images with the same labels are one image saved twice,
            and stay on the same side.
        kwargs: As mmengine's BaseDataset takes them.

    Raises:
        FileNotFoundError: If a list or an image is missing.
        ValueError: If a line is malformed or names an image out of ``data_root``, or ``part`` is
            none of these.
    """

    METAINFO: dict = FIVE_POINTS.mmpose_metainfo()
    ATTRIBUTES: tuple[str, ...] = ()

    def __init__(
        self, ann_files: list[str], part: tuple[str, float] | None = None, **kwargs
    ) -> None:
        if part is not None and (part[0] not in ('train', 'val') or not 0 < part[1] < 1):
            raise ValueError(
                "part must be ('train', fraction) or ('val', fraction) with the held-out fraction "
                f'between 0 and 1, found {tuple(part)}'
            )
        self.ann_files = list(ann_files)
        self.part = part
        super().__init__(serialize_data=False, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Read the lists."""
        root = self.data_root or ''
        infos = []
        for name in self.ann_files:
            for faces in self.read(Path(root, name)):
                if self.part and held_out(faces, self.part[1]) != (self.part[0] == 'val'):
                    continue
                path = inside(root, faces.image, faces.source, ANY_PATH)
                if not os.path.isfile(path):
                    raise FileNotFoundError(f'{faces.source}: no image {path}')
                infos.append(self._info(faces, path))
        return infos

    def read(self, path: Path) -> list[ImageFaces]:
        """Read one list."""
        return read_finder_labels(path)

    def _info(self, faces: ImageFaces, path: str) -> dict:
        return dict(
            img_path=path,
            boxes=faces.boxes,
            points=faces.points,
            yaw=faces.yaw,
            ignore=faces.ignore,
            attributes=faces.attributes,
            attribute_names=self.ATTRIBUTES,
        )


def held_out(faces: ImageFaces, fraction: float) -> bool:
    """Whether an image belongs to the held-out fraction: by a hash of its labels."""
    digest = hashlib.blake2b(faces.boxes.tobytes(), digest_size=4).digest()
    return int.from_bytes(digest, 'big') < fraction * 2**32
