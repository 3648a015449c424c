"""Tiny training runs that are killed at chosen instants and resumed.

``python killed_runs.py FACES FOLDER INSTANT ...`` forks a run for each instant. The n-th of them is
killed at the n-th thing that it does to the files of its work dir: a file is opened to be written,
renamed or removed. ``0.3`` after an instant (``7+0.3``) lets that many milliseconds pass first.
Prints a line of JSON: the number of instants there are, the digest of the uninterrupted run's
state, and of each resumed one's; None for one that failed.
"""

import hashlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path

if __name__ == '__main__':
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import torch
from helpers.runs import tiny_config, train

EVENTS = ('open', 'os.rename', 'os.remove')


def config(faces, work_dir):
    """Two epochs of two batches, all that is written written as often as can be."""
    options = {
        'train_dataloader.batch_size': 16,
        'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': False,
        'train_cfg.max_epochs': 2,
        'train_cfg.val_interval': 1,
        'default_hooks.resume_point.minutes': 0,
        'default_hooks.checkpoint.max_keep_ckpts': 1,
    }
    return tiny_config(faces, work_dir, **options)


def digest(runner):
    """SHA-256 of weights, averages and the optimizer's moments."""
    found = hashlib.sha256()
    states = [runner.model.state_dict()]
    states += [h.ema_model.state_dict() for h in runner.hooks if type(h).__name__ == 'EMAHook']
    states += runner.optim_wrapper.state_dict()['state'].values()
    for state in states:
        for key in sorted(state):
            found.update(torch.as_tensor(state[key]).numpy().tobytes())
    return found.hexdigest()


def watch(work_dir, at, answer):
    """Count what is done to the work dir's states; SIGKILL at one of them."""
    count = 0

    def hook(event, arguments):
        nonlocal count
        if event not in EVENTS or not isinstance(arguments[0], str | os.PathLike):
            return
        path = Path(arguments[0])
        is_state = path.parent == work_dir and path.name.startswith(
            ('epoch_', 'best_', 'resume_', 'last_')
        )
        if not is_state or (event == 'open' and 'r' in str(arguments[1] or '')):
            return
        count += 1
        answer.write_text(str(count))
        if at and count == int(at):
            delay = float(at) - int(at)
            if delay == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            signal.setitimer(signal.ITIMER_REAL, delay)  # SIGALRM's default ends as abruptly

    sys.addaudithook(hook)


def forked(faces, work_dir, name, at=None, resume=False):
    """A run in a process of its own; what is written beside the work dir."""
    count, result = (work_dir.with_suffix(f'.{kind}.{name}') for kind in ('count', 'state'))
    child = os.fork()
    if not child:
        status = 1
        try:
            with open(work_dir.with_suffix(f'.log.{name}'), 'w') as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            watch(work_dir, at, count)
            result.write_text(digest(train(config(faces, work_dir), name, resume)))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.waitpid(child, 0)
    number = int(count.read_text()) if count.exists() else 0
    return number, result.read_text() if result.exists() else None


def main(faces, folder, instants):
    """See above."""
    torch.set_num_threads(1)
    folder = Path(folder)
    number, expected = forked(faces, folder / 'whole', 'whole')
    found = {}
    if instants == ['all']:
        instants = [str(n) for n in range(1, number + 1)]
        instants += [f'{n}.0{d}' for n in range(1, number + 1, 2) for d in (1, 3)]
    for instant in instants:
        work_dir = folder / f'at_{instant.replace(".", "_")}'
        _, ended = forked(faces, work_dir, 'killed', at=instant)
        was_killed = ended is None
        found[instant] = [was_killed, forked(faces, work_dir, 'resumed', resume=True)[1]]
    print(json.dumps(dict(number=number, expected=expected, found=found)))


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
