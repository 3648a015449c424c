"""What the face metric reads from a data sample."""

from __future__ import annotations

import numpy as np

# The names and the order of WFLW's own annotation files.
WFLW_ATTRIBUTES = ('pose', 'expression', 'illumination', 'make-up', 'occlusion', 'blur')


def as_array(value: object) -> np.ndarray:
    """An array of an array or a tensor, wherever it lies."""
    return np.asarray(value.cpu() if hasattr(value, 'cpu') else value)


def wflw_attributes(sample: dict, name: str) -> np.ndarray | None:
    """The six attributes (6,) of a face, None where it has none."""
    labels = sample.get('gt_instance_labels') or {}
    value = labels.get('attributes', sample.get('attributes'))
    if value is None:
        return None
    attributes = as_array(value).reshape(-1)
    if len(attributes) != len(WFLW_ATTRIBUTES):
        raise ValueError(
            f'{name}: expected the {len(WFLW_ATTRIBUTES)} attributes {WFLW_ATTRIBUTES}, found '
            f'{len(attributes)}; subsets=False does without.'
        )
    return attributes
