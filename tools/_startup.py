"""What every tool does before it imports torch."""

import os


def quiet_openmp() -> None:
    """Let waiting OpenMP threads sleep instead of spin.

    Beside the loader's workers, spinning threads make a training step several times slower. libgomp
    reads the setting when torch is loaded, so this comes before ``import torch``.
    """
    os.environ.setdefault('OMP_WAIT_POLICY', 'passive')
    os.environ.setdefault('GOMP_SPINCOUNT', '0')
