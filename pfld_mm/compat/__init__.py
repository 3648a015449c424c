"""What the upstream packages need on today's torch; import this before anything of mmpose.

* :mod:`.stubs`: mmpose imports without mmcv's compiled ops, mmdet or torchvision.
* :mod:`.checkpoints`: checkpoints are written as plain data and read with ``weights_only=True``.
* :mod:`.latest_checkpoint`: resuming passes over files that cannot be read.
* :mod:`.distributed`: distributed runs on machines without a GPU.

Importing this module applies the first three, once. ``STUBS`` names what was stood in for
(empty where the real packages are installed).
"""

import os

from pfld_mm.compat.checkpoints import (
    CheckpointError,
    CheckpointNotWritten,
    install_safe_checkpoints,
    save_checkpoint,
    trust_checkpoint,
)
from pfld_mm.compat.distributed import prepare_cpu_distributed
from pfld_mm.compat.latest_checkpoint import install_latest_checkpoint
from pfld_mm.compat.stubs import import_mmpose

__all__ = [
    'STUBS',
    'CheckpointError',
    'CheckpointNotWritten',
    'prepare_cpu_distributed',
    'save_checkpoint',
    'trust_checkpoint',
]

# mmpose imports albumentations, which would ask the network for a newer version.
os.environ.setdefault('NO_ALBUMENTATIONS_UPDATE', '1')
STUBS: tuple[str, ...] = import_mmpose()
install_safe_checkpoints()
install_latest_checkpoint()
