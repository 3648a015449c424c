from __future__ import annotations

from typing import Protocol

import numpy as np


class Session(Protocol):
    """A loaded model.

    Attributes:
        source: Its file, for error messages.
        batch: Images that one call takes, or None for any number.
    """

    source: str
    batch: int | None

    def __call__(self, tensor: np.ndarray) -> np.ndarray:
        """Run the model on (N, C, H, W) float32, contiguous; N is ``batch`` where that is set."""
        ...


def run_in_batches(session: Session, tensor: np.ndarray, largest: int = 32) -> np.ndarray:
    """Run any number of images, whatever number the model takes at a time.

    Args:
        session: The model.
        tensor: (N, C, H, W) float32, N > 0.
        largest: Most images in a call of a model that takes any number; bounds the memory.

    Returns:
        The outputs of all N, along the first axis.

    Raises:
        RuntimeError: if the model gives another number of answers, or one that is not finite.
    """
    step = session.batch or largest
    outputs = []
    for start in range(0, len(tensor), step):
        part = tensor[start : start + step]
        wanted = len(part)
        if session.batch and wanted < session.batch:
            part = np.concatenate([part, np.zeros((step - wanted, *part.shape[1:]), part.dtype)])
        output = session(np.ascontiguousarray(part))
        if output.ndim == 0 or len(output) != len(part):
            raise RuntimeError(
                f'{session.source}: gave an output of shape {output.shape} for {len(part)} '
                'images; export the model again'
            )
        outputs.append(output[:wanted])
    result = outputs[0] if len(outputs) == 1 else np.concatenate(outputs)
    if not np.isfinite(result).all():
        raise RuntimeError(f'{session.source}: the model answers NaN or infinity; it is broken')
    return result
