"""What mmdeploy 1.3.1 needs on torch >= 2.9, on Python 3.13 and without mmdet.

mmdeploy imports the modules a deploy config names before it registers its own rewriters, in every
process it starts, so this is all that its tools need.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
from collections.abc import Callable
from typing import Any

import torch

import pfld_mm.compat  # noqa: F401  (mmpose must be importable first)

# isort: split
from mmdeploy.codebase.mmpose.deploy.pose_detection import MMPose
from mmdeploy.core.rewriters import function_rewriter, module_rewriter, symbolic_rewriter


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


def with_package(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of mmdeploy that takes a dotted path, seeing the path's package.

    It imports the package by ``exec``. Since Python 3.13 (PEP 667) the name is lost after that; a
    global of the function's module is not.
    """

    @functools.wraps(function)
    def call(path: str, *args: Any, **kwargs: Any) -> Any:
        name = path.partition('.')[0]
        if importlib.util.find_spec(name) is not None:
            function.__globals__[name] = importlib.import_module(name)
        return function(path, *args, **kwargs)

    return call


def keep_imported_packages() -> None:
    """Wrap what takes dotted paths in mmdeploy's rewriters."""
    for module, name in (
        (function_rewriter, '_set_func'),
        (function_rewriter, 'import_function'),
        (module_rewriter, 'eval_with_import'),
        (symbolic_rewriter, 'eval_with_import'),
    ):
        setattr(module, name, with_package(getattr(module, name)))


use_torchscript_exporter()
keep_imported_packages()
if importlib.util.find_spec('mmdet') is None:
    register_without_mmdet()
