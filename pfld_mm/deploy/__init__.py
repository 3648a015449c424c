"""Export of trained models, and mmdeploy's external module.

A deploy config that names this package, ``codebase_config=dict(module=['pfld_mm.deploy'])``, lets
mmdeploy's own tools and functions work on today's torch (see :mod:`.mmdeploy_patches`).
"""

import importlib.util

if importlib.util.find_spec('mmdeploy') is not None:
    import pfld_mm.deploy.mmdeploy_patches  # noqa: F401
