"""The parts of a config are built once before anything is loaded, to see that they can be."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.optim import build_optim_wrapper
from mmengine.registry import OPTIMIZERS as UPSTREAM_OPTIMIZERS
from mmengine.runner import Runner
from mmengine.visualization import Visualizer
from mmpose.registry import HOOKS, LOOPS, MODELS, OPTIMIZERS, PARAM_SCHEDULERS
from torch import nn

from pfld_mm.core.text import short
from pfld_mm.engine.config_error import ConfigError

FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What building a part of a wrong config raises, and AssertionError."""
LOOPS_BY_DEFAULT = dict(train='EpochBasedTrainLoop', val='ValLoop', test='TestLoop')


@contextmanager
def part(key: str) -> Iterator[None]:
    """Say what goes wrong inside as a fault of one key of the config.

    Raises:
        ConfigError: In one sentence.
    """
    try:
        yield
    except ConfigError:
        raise
    except (AssertionError, *FAULTS) as error:
        raise ConfigError(f'{key}: {sentence(error)}') from error


def sentence(error: BaseException) -> str:
    """What a registry or a part says, on one line."""
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    is_plain = isinstance(error, OSError | ValueError) or type(error).__module__ != 'builtins'
    name = '' if is_plain else f'{type(error).__name__}: '
    return name + ' '.join(str(text).partition(' Please check whether')[0].split())


def closest(name: str, known: Sequence[str]) -> str:
    """``, did you mean ...?``, or nothing if no known name is similar."""
    spelt = {one.lower(): one for one in known}
    similar = difflib.get_close_matches(name.lower(), spelt, 1)
    return f', did you mean {spelt[similar[0]]}?' if similar else ''


def check_parts(cfg: Config, splits: Sequence[str]) -> dict[str, Evaluator]:
    """Build the parts of a run that read no data: all but datasets and loaders.

    Args:
        cfg: Not changed.
        splits: Whose loops are run: ``('train', 'val')`` or ``('test',)``.

    Returns:
        The evaluator of each split that has one.

    Raises:
        ConfigError: With the key of the part that cannot be built.
    """
    _check_groups(cfg, splits)
    _check_seed(cfg)
    with part('model'):
        model = MODELS.build(cfg.model)
    for split in splits:
        if cfg.get(f'{split}_cfg') is not None:
            _check_loop(cfg[f'{split}_cfg'], f'{split}_cfg', LOOPS_BY_DEFAULT[split])
    if 'train' in splits:
        _check_optimizer(cfg, model)
    _check_hooks(cfg)
    evaluators = {}
    for split in splits:
        if cfg.get(f'{split}_evaluator') is not None:
            with part(f'{split}_evaluator'):
                evaluators[split] = Runner.build_evaluator(None, cfg[f'{split}_evaluator'].copy())
    _check_best(cfg, evaluators.get('val'))
    return evaluators


def _check_groups(cfg: Config, splits: Sequence[str]) -> None:
    """What belongs together is there together."""
    needed = ['model']
    for split in splits:
        group = [f'{split}_{kind}' for kind in ('dataloader', 'cfg', 'evaluator')]
        if split == 'train':
            group[-1] = 'optim_wrapper'
        if split != 'val' or any(cfg.get(key) is not None for key in group):
            needed += group
    for key in needed:
        if not isinstance(cfg.get(key), dict | list):
            advice = ' (or set all of val_dataloader, val_cfg and val_evaluator to None)'
            raise ConfigError(
                f'{key}: expected the settings of this part, found {short(cfg.get(key))}: leave '
                f'it as the base config has it{advice if key.startswith("val") else ""}'
            )
    for key in ('data_root', 'load_from', 'work_dir'):
        if not isinstance(cfg.get(key), str | None):
            raise ConfigError(f'{key}: expected a path, found {short(cfg[key])}')


def _check_seed(cfg: Config) -> None:
    settings = cfg.get('randomness') or {}
    with part('randomness'):
        inspect.signature(Runner.set_randomness).bind(None, **{'seed': None, **settings})
    seed = settings.get('seed')
    if seed is not None and not (type(seed) is int and 0 <= seed < 2**32):
        raise ConfigError(
            f'randomness.seed: expected a whole number from 0 to 2**32 - 1, found {short(seed)}'
        )


def _check_loop(settings: dict, key: str, default: str) -> None:
    """A loop needs its loader to be built; its arguments are looked at alone."""
    settings = {**settings}
    by_epoch = settings.pop('by_epoch', True)
    kind = settings.pop('type', default if by_epoch else 'IterBasedTrainLoop')
    with part(f'{key}.type'):
        loop = LOOPS.get(kind) if isinstance(kind, str) else kind
        if loop is None:
            raise ValueError(f'there is no loop {kind!r}{closest(kind, list(LOOPS.module_dict))}')
    known = inspect.signature(loop).parameters
    for name in settings:
        if name not in known and not any(p.kind is p.VAR_KEYWORD for p in known.values()):
            raise ConfigError(
                f'{key}.{name}: {loop.__name__} has no such setting{closest(name, list(known))}'
            )
    with part(key):
        inspect.signature(loop).bind(
            **{name: None for name in ('runner', 'dataloader', 'evaluator') if name in known},
            **settings,
        )


def _check_optimizer(cfg: Config, model: nn.Module) -> None:
    with part('optim_wrapper.optimizer.type'):
        kind = (cfg.optim_wrapper.get('optimizer') or {}).get('type')
        if isinstance(kind, str) and OPTIMIZERS.get(kind) is None:  # built by another message
            known = list(UPSTREAM_OPTIMIZERS.module_dict)
            raise ValueError(f'there is no optimizer {kind!r}{closest(kind, known)}')
    with part('optim_wrapper'):
        wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    schedulers = cfg.get('param_scheduler') or []
    for number, scheduler in enumerate(
        schedulers if isinstance(schedulers, list) else [schedulers]
    ):
        with part(f'param_scheduler.{number}'):
            settings = {'end': 1, **scheduler}
            PARAM_SCHEDULERS.build(settings, default_args=dict(optimizer=wrapper, epoch_length=1))


def _check_best(cfg: Config, evaluator: Evaluator | None) -> None:
    """The metric that chooses the best checkpoint is one of those that are measured."""
    hooks = cfg.get('default_hooks') or {}
    wanted = (hooks.get('checkpoint') or {}).get('save_best')
    if evaluator is None or not wanted:
        return
    known: list[str] = []
    for metric in evaluator.metrics:
        if not hasattr(metric, 'metric_names'):
            return  # of others it is not known before
        prefix = f'{metric.prefix}/' if metric.prefix else ''
        known += [prefix + name for name in metric.metric_names()]
    for name in [wanted] if isinstance(wanted, str) else wanted:
        if name != 'auto' and not any(fnmatchcase(name, pattern) for pattern in known):
            raise ConfigError(
                f'default_hooks.checkpoint.save_best: expected one of {", ".join(known)}, found '
                f'{name!r}{closest(name, known)}'
            )


def _check_hooks(cfg: Config) -> None:
    """Hooks that draw ask for the newest visualizer, which the Runner makes before."""
    hooks: dict[str, Any] = {}
    with part('default_hooks'):
        hooks |= {f'default_hooks.{k}': v for k, v in (cfg.get('default_hooks') or {}).items()}
    with part('custom_hooks'):
        hooks |= {f'custom_hooks.{n}': v for n, v in enumerate(cfg.get('custom_hooks') or [])}
    name = 'config_check'
    Visualizer.get_instance(name)
    try:
        for key, hook in hooks.items():
            if hook is not None:
                with part(key):
                    HOOKS.build(hook)
    finally:
        del Visualizer._instance_dict[name]
