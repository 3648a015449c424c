from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pfld_mm.datasets.face.annotated_face import AnnotatedFace


def select_part(
    faces: Sequence[AnnotatedFace], names: Sequence[str], part: tuple[str, float]
) -> list[int]:
    """Split a list of faces into a training and a held-out part, by image.

    The images are put in the order of a hash of their names, and the first
    ``round(fraction * images)`` (at least one) are held out: the same images on every
    machine, whatever the order of the list, and all faces of one image on the same side.

    Args:
        faces: all faces of the list.
        names: for each face the name of its image relative to the data's folder.
        part: ``('train', fraction)`` or ``('val', fraction)``, fraction held out in (0, 1).

    Returns:
        Indices into ``faces`` of the wanted part, ascending.

    Raises:
        ValueError: if ``part`` is none of these, or there are fewer than two images.
    """
    kind, fraction = part
    if kind not in ('train', 'val') or not 0 < fraction < 1:
        raise ValueError(
            "part must be ('train', fraction) or ('val', fraction) with the held-out fraction "
            f'between 0 and 1, found {tuple(part)}'
        )
    images = sorted(set(names), key=_digest)
    if len(images) < 2:
        raise ValueError(
            f'part={tuple(part)} needs at least two images to split, found {len(images)} '
            f'({faces[0].source if faces else "no face"}); leave part away or add images'
        )
    held_out = set(images[: min(max(1, round(fraction * len(images))), len(images) - 1)])
    return [i for i, name in enumerate(names) if (name in held_out) == (kind == 'val')]


def _digest(name: str) -> bytes:
    # what is no UTF-8 in the name of a file is a surrogate here
    return hashlib.blake2b(name.encode('utf-8', 'surrogatepass'), digest_size=8).digest()
