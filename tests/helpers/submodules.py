from torch import nn


def put(model: nn.Module, name: str, module: nn.Module) -> None:
    """``model.set_submodule(name, module)``, which torch has from 2.5 on."""
    parent, _, leaf = name.rpartition('.')
    setattr(model.get_submodule(parent), leaf, module)
