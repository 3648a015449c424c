"""MMPose's ``dataset_info`` in the short form of a mark-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def short_metainfo(info: Mapping[str, Any]) -> dict[str, Any]:
    """Read ``dataset_name``, ``keypoint_info`` and ``skeleton_info`` of a ``dataset_info``.

    Args:
        info: As in ``configs/_base_/datasets/*.py`` of MMPose; colors, sigmas and weights are left
            out.

    Returns:
        ``dataset_name``, ``num_keypoints``, ``flip_pairs`` and ``lines``, see ``Markup.from_dict``.

    Raises:
        ValueError: If a key is missing, the ids are not 0 to K - 1, a name is there twice or not at
            all, or two points do not swap with each other; names the point or the link.
    """
    missing = [key for key in ('dataset_name', 'keypoint_info') if key not in info]
    if missing:
        raise ValueError(
            f'expected a dataset_info with dataset_name and keypoint_info, found no {missing[0]} '
            f'among {sorted(info)}; load a file with Config.fromfile(path).dataset_info'
        )
    points = sorted(info['keypoint_info'].values(), key=lambda point: point['id'])
    name = info['dataset_name']
    ids = [point['id'] for point in points]
    if ids != list(range(len(ids))):
        raise ValueError(f'keypoint_info of {name}: the ids must be 0 to K - 1, found {ids}')
    index = {point['name']: point['id'] for point in points}
    if len(index) < len(points):
        raise ValueError(f'keypoint_info of {name}: two points have the same name')
    links = [link['link'] for link in info.get('skeleton_info', {}).values()]
    for link in links:
        if len(link) != 2 or not index.keys() >= set(link):
            raise ValueError(f'skeleton_info of {name}: {tuple(link)} must name two of its points')
    return dict(
        dataset_name=name,
        num_keypoints=len(points),
        flip_pairs=_pairs(name, points, index),
        lines=_lines([(index[a], index[b]) for a, b in links]),
    )


def _pairs(
    name: str, points: Sequence[Mapping[str, Any]], index: Mapping[str, int]
) -> list[tuple[int, int]]:
    """Pairs that swap with each other, the lower index first."""
    swap = {point['name']: point.get('swap') or point['name'] for point in points}
    for here, there in swap.items():
        if swap.get(there) != here:
            raise ValueError(
                f'keypoint_info of {name}: {here} swaps with {there}, which swaps with '
                f'{swap.get(there, "nothing: it is no point")}; let both name each other'
            )
    pairs = ((index[here], index[there]) for here, there in swap.items())
    return [(first, second) for first, second in pairs if first < second]


def _lines(links: Sequence[tuple[int, int]]) -> dict[str, tuple[list[int], bool]]:
    """Polylines of links that follow each other, closed where one returns to its start."""
    chains: list[tuple[list[int], bool]] = []
    for first, second in links:
        if not chains or chains[-1][1] or chains[-1][0][-1] != first:
            chains.append(([first], False))
        chain = chains[-1][0]
        if second == chain[0]:
            chains[-1] = (chain, True)
        else:
            chain.append(second)
    return {f'line-{number}': chain for number, chain in enumerate(chains)}
