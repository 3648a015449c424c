"""What mmdeploy 1.3.1 needs on torch >= 2.9 and without mmdet.

mmdeploy imports the modules a deploy config names before it registers its own rewriters, in every
process it starts, so this is all that its tools need.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect

import torch

import pfld_mm.compat  # noqa: F401  (mmpose must be importable first)

# isort: split
from mmdeploy.codebase.mmpose.deploy.pose_detection import MMPose


def use_torchscript_exporter() -> None:
    """Make ``torch.onnx.export`` use TorchScript: mmdeploy's rewriters work on nothing else."""
    parameters = inspect.signature(torch.onnx.export).parameters
    if 'dynamo' in parameters and parameters['dynamo'].default is not False:
        torch.onnx.export = functools.partial(torch.onnx.export, dynamo=False)


def register_without_mmdet() -> None:
    """Register mmpose's rewriters alone: without mmdet those of YOLOX-Pose cannot be imported."""

    def register_deploy_modules(cls: type) -> None:
        import mmdeploy.codebase.mmpose.models  # noqa: F401

    MMPose.register_deploy_modules = classmethod(register_deploy_modules)


use_torchscript_exporter()
if importlib.util.find_spec('mmdet') is None:
    register_without_mmdet()
