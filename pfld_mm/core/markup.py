"""The mark-ups of faces as plain data: names, mirrored pairs, lines to draw.

Plain Python, no imports: the same table describes a dataset and is written into exported models.
A mark-up is a dict with ``dataset_name``, ``num_keypoints``, ``flip_pairs`` (a list of index
pairs that a mirror swaps; a point in none of them lies on the axis and stays) and ``lines``
(name -> (list of indices, closed), the polylines that draw the face).
"""

from __future__ import annotations


def _pairs(left: list[int], right: list[int]) -> list[tuple[int, int]]:
    return list(zip(left, right, strict=True))


def _run(first: int, last: int) -> list[int]:
    """The indices from first to last, both included, in either direction."""
    step = 1 if last >= first else -1
    return list(range(first, last + step, step))


WFLW98 = dict(
    dataset_name='wflw',
    num_keypoints=98,
    flip_pairs=[
        *_pairs(_run(0, 15), _run(32, 17)),  # contour, 16 is the chin
        *_pairs(_run(33, 37), _run(46, 42)),  # brows, upper edge
        *_pairs(_run(38, 41), _run(50, 47)),  # brows, lower edge
        *_pairs([55, 56], [59, 58]),  # nostrils
        *_pairs(_run(60, 64), _run(72, 68)),  # eyes, upper lid
        *_pairs([65, 66, 67], [75, 74, 73]),  # eyes, lower lid
        *_pairs([76, 77, 78], [82, 81, 80]),  # outer lips, upper
        *_pairs([87, 86], [83, 84]),  # outer lips, lower
        *_pairs([88, 89], [92, 91]),  # inner lips, upper
        (95, 93),  # inner lips, lower
        (96, 97),  # pupils
    ],
    lines=dict(
        contour=(_run(0, 32), False),
        right_brow=(_run(33, 41), True),
        left_brow=(_run(42, 50), True),
        nose_bridge=(_run(51, 54), False),
        nostrils=(_run(55, 59), False),
        right_eye=(_run(60, 67), True),
        left_eye=(_run(68, 75), True),
        outer_lips=(_run(76, 87), True),
        inner_lips=(_run(88, 95), True),
    ),
)

IBUG68 = dict(
    dataset_name='300w',
    num_keypoints=68,
    flip_pairs=[
        *_pairs(_run(0, 7), _run(16, 9)),  # contour, 8 is the chin
        *_pairs(_run(17, 21), _run(26, 22)),  # brows
        *_pairs([31, 32], [35, 34]),  # nostrils
        *_pairs(_run(36, 39), _run(45, 42)),  # eyes, upper lid
        *_pairs([40, 41], [47, 46]),  # eyes, lower lid
        *_pairs([48, 49, 50], [54, 53, 52]),  # outer lips, upper
        *_pairs([59, 58], [55, 56]),  # outer lips, lower
        *_pairs([60, 61], [64, 63]),  # inner lips, upper
        (67, 65),  # inner lips, lower
    ],
    lines=dict(
        contour=(_run(0, 16), False),
        right_brow=(_run(17, 21), False),
        left_brow=(_run(22, 26), False),
        nose_bridge=(_run(27, 30), False),
        nostrils=(_run(31, 35), False),
        right_eye=(_run(36, 41), True),
        left_eye=(_run(42, 47), True),
        outer_lips=(_run(48, 59), True),
        inner_lips=(_run(60, 67), True),
    ),
)


def join(name: str, first: dict, second: dict) -> dict:
    """The points of both mark-ups, one after the other: one network learns both."""
    shift = first['num_keypoints']
    lines = {
        f'{markup["dataset_name"]}_{line}': ([index + offset for index in indices], closed)
        for markup, offset in ((first, 0), (second, shift))
        for line, (indices, closed) in markup['lines'].items()
    }
    return dict(
        dataset_name=name,
        num_keypoints=shift + second['num_keypoints'],
        flip_pairs=first['flip_pairs'] + [(a + shift, b + shift) for a, b in second['flip_pairs']],
        lines=lines,
    )


WFLW98_IBUG68 = join('wflw98_ibug68', WFLW98, IBUG68)


def skeleton(markup: dict) -> list[tuple[int, int]]:
    """The lines of a mark-up as pairs of neighbouring points, for drawing."""
    links = []
    for indices, closed in markup.get('lines', {}).values():
        ends = indices[1:] + indices[:1] if closed else indices[1:]
        links.extend(zip(indices, ends, strict=False))
    return links


def mmpose_metainfo(markup: dict) -> dict:
    """A mark-up in the form of MMPose's dataset meta information (``dataset_info``).

    Args:
        markup: see the module's docstring; ``flip_pairs`` and ``lines`` may be missing.

    Returns:
        The dict that ``parse_pose_metainfo`` takes; point i is named ``kpt-i``.

    Raises:
        ValueError: if a pair names a point twice or one that does not exist.
    """
    count = markup['num_keypoints']
    swap = [''] * count
    for pair in markup.get('flip_pairs', []):
        first, second = pair
        if not (0 <= first < count and 0 <= second < count) or first == second:
            raise ValueError(
                f'flip_pairs of {markup["dataset_name"]}: {tuple(pair)} must be two different '
                f'indices from 0 to {count - 1}'
            )
        if swap[first] or swap[second]:
            raise ValueError(
                f'flip_pairs of {markup["dataset_name"]}: {tuple(pair)} repeats a point that '
                'another pair has already; list every pair once'
            )
        swap[first], swap[second] = f'kpt-{second}', f'kpt-{first}'
    keypoints = {
        i: dict(name=f'kpt-{i}', id=i, color=[0, 255, 0], type='', swap=swap[i])
        for i in range(count)
    }
    links = {
        i: dict(link=(f'kpt-{a}', f'kpt-{b}'), id=i, color=[255, 160, 0])
        for i, (a, b) in enumerate(skeleton(markup))
    }
    return dict(
        dataset_name=markup['dataset_name'],
        keypoint_info=keypoints,
        skeleton_info=links,
        joint_weights=[1.0] * count,
        sigmas=[],
    )
