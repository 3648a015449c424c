"""Checkpoints that hold plain data, written whole or not at all, and read without running code.

MMEngine 0.10.7 pickles history buffers, numpy arrays and ``getattr`` into its checkpoints. torch
refuses them (``weights_only=True``, the default since 2.6), because a pickle that may name any
function may run any code. Here they are written as plain data instead, so the check stays on.
"""

import os
import pickle
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from mmengine import runner
from mmengine.dist import get_dist_info
from mmengine.runner import checkpoint as upstream

from pfld_mm.compat.plain_data import from_plain, to_plain

TRUST_VARIABLE = 'PFLD_MM_TRUST_CHECKPOINTS'

_WEIGHTS = ('state_dict', 'ema_state_dict')  # tensors only; their _metadata must survive
_PICKLE_MAGIC = (b'PK', b'\x80')  # torch's zip format and the older bare pickles
_upstream_save = upstream.save_checkpoint
_trusted: set[Path] = set()


class CheckpointError(RuntimeError):
    """A file is no checkpoint, is damaged, or asks for more trust than it was given."""


class CheckpointNotWritten(CheckpointError):
    """A checkpoint could not be written; what was there before still is."""


def trust_checkpoint(path: str | os.PathLike) -> None:
    """Let this one file be read without the check, in this process.

    Such a file can run any code when it is read: only for files of known origin. The environment
    variable ``PFLD_MM_TRUST_CHECKPOINTS=1`` does the same for every file, in all processes.
    """
    _trusted.add(Path(path).expanduser().resolve())


def install_safe_checkpoints() -> None:
    """Make MMEngine write plain data and read it with the check on. A second call does nothing."""
    for module in (upstream, runner, runner.runner):  # the names by which MMEngine calls it
        module.save_checkpoint = save_checkpoint
    upstream.load_from_http = load_url  # torchvision:// and open-mmlab:// end there
    loaders = upstream.CheckpointLoader
    loaders.register_scheme(prefixes='', loader=load_local, force=True)
    loaders.register_scheme(prefixes=('http://', 'https://'), loader=load_url, force=True)


def save_checkpoint(checkpoint: dict[str, Any], filename: str, *args: Any, **kwargs: Any) -> None:
    """Write a checkpoint as plain data; a kill while writing leaves the old file as it was.

    Args:
        checkpoint: What MMEngine saves; not changed.
        filename: A path, or an address of one of MMEngine's storage backends.
        *args: Passed on to MMEngine's ``save_checkpoint``.
        **kwargs: The same.

    Raises:
        CheckpointNotWritten: If there is no room, or the folder cannot be written.
    """
    plain = {
        key: value if key in _WEIGHTS else to_plain(value, f'checkpoint[{key!r}]')
        for key, value in checkpoint.items()
    }
    if '://' in str(filename):
        _upstream_save(plain, filename, *args, **kwargs)
        return
    part = f'{filename}.part'
    try:
        _upstream_save(plain, part, *args, **kwargs)
        os.replace(part, filename)
    except (OSError, RuntimeError) as error:  # torch's writer raises the latter on a full disk
        with suppress(OSError):
            os.remove(part)
        reason = str(error).strip().partition('\n')[0]
        raise CheckpointNotWritten(
            f'{filename} could not be written ({reason}): make room on the disk, or make the '
            'folder writable; what was saved before is kept'
        ) from error


def load_local(filename: str, map_location: Any = None) -> dict[str, Any]:
    """Load a checkpoint file; the loader that MMEngine uses for plain paths.

    Args:
        filename: A path; ``~`` is expanded.
        map_location: As in ``torch.load``.

    Returns:
        The checkpoint, arrays and history buffers restored.

    Raises:
        FileNotFoundError: if there is no such file.
        CheckpointError: if the file is damaged, holds no weights, or needs to be trusted.
    """
    path = Path(filename).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint {path} does not exist')
    trusted = os.environ.get(TRUST_VARIABLE) == '1' or path.resolve() in _trusted
    try:
        checkpoint = torch.load(path, map_location=map_location, weights_only=not trusted)
    except Exception as error:  # torch raises half a dozen types for files that are no checkpoint
        if isinstance(error, PermissionError | MemoryError) or 'deserialize object on' in str(
            error
        ):
            raise  # not the file's fault: no permission, no memory, no such device
        raise CheckpointError(_explain(path, error)) from error
    if not isinstance(checkpoint, dict) or not _holds_weights(checkpoint):
        raise CheckpointError(
            f'{path} holds no model weights: expected a checkpoint, '
            f'a dictionary with the key "state_dict", found {_describe(checkpoint)}'
        )
    for key in checkpoint.keys() - set(_WEIGHTS):
        checkpoint[key] = from_plain(checkpoint[key])
    meta = checkpoint.get('meta')
    if isinstance(meta, dict) and meta.get('dataset_meta', ()) is None:
        del meta['dataset_meta']  # mmpose's inferencer takes None as it is; now it asks the config
    return checkpoint


def load_url(
    filename: str, map_location: Any = None, model_dir: str | None = None, progress: bool = True
) -> dict[str, Any]:
    """Download a checkpoint once per machine and load it like a local file.

    MMEngine's own loader for addresses reads what it downloads without the check.

    Args:
        filename: An http or https address.
        map_location: As in ``torch.load``.
        model_dir: Folder to keep the file in, torch.hub's checkpoint folder by default.
        progress: Whether to show a progress bar.

    Raises:
        CheckpointError: if it cannot be downloaded, and as in :func:`load_local`.
    """
    folder = Path(model_dir or Path(torch.hub.get_dir()) / 'checkpoints')
    path = folder / filename.split('?')[0].rstrip('/').rpartition('/')[2]
    world_size = get_dist_info()[1]
    if int(os.environ.get('LOCAL_RANK', 0)) == 0 and not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(filename, str(path), progress=progress)
        except (OSError, ValueError) as error:  # no such host, no such file, no address
            raise CheckpointError(
                f'{filename} could not be downloaded ({error}): look at the address and the '
                'network, or download it otherwise and give the path'
            ) from error
    if world_size > 1:
        torch.distributed.barrier()
    return load_local(str(path), map_location)


def _holds_weights(checkpoint: Mapping) -> bool:
    weights = checkpoint.get('state_dict', checkpoint)
    return isinstance(weights, Mapping) and any(torch.is_tensor(v) for v in weights.values())


def _describe(value: Any) -> str:
    if isinstance(value, Mapping):
        return f'a dictionary with the keys {[str(key) for key in list(value)[:8]]}'
    return f'a {type(value).__name__}'


def _explain(path: Path, error: Exception) -> str:
    """Say in one sentence why ``path`` could not be read, and what to do."""
    with open(path, 'rb') as file:
        is_pickle = file.read(2).startswith(_PICKLE_MAGIC)
    if isinstance(error, pickle.UnpicklingError) and is_pickle and 'eights' in str(error):
        found = re.search(r'GLOBAL (\S+)', str(error))
        needs = f'the Python object {found[1]}' if found else 'Python objects'
        return (
            f'{path} holds more than plain data ({needs}), and reading that could run code: if you '
            f'know where the file comes from, set the environment variable {TRUST_VARIABLE}=1 '
            'or call pfld_mm.compat.trust_checkpoint(path) first, and it will be read'
        )
    reason = str(error).strip().partition('\n')[0] or type(error).__name__
    return (
        f'{path} ({path.stat().st_size} bytes) is not a checkpoint, or it is damaged or cut off: '
        f'copy or download it again, or go back to an older one ({reason})'
    )
