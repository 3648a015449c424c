"""The config that trains on what was read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pfld_mm.datasets.readers.label_set import LabelSet

ITERATIONS = 3000
"""Approximate number of iterations of the training; fewer objects get more epochs."""

_TEXT = """\
# {count} points, read from {format}. Train: python tools/train.py {path}
_base_ = {base}

data_root = {root}
work_dir = {work_dir}
metainfo = dict(
    dataset_name={name},
    num_keypoints={count},
    names={names},
    flip_pairs={pairs},
    lines={lines},
)
data = dict(data_root=data_root, one_based=False, metainfo=metainfo)
changes = dict(
    GenerateFaceLabels=dict(euler=False),  # there is no 3-D model of these points
{mirror})
train_pipeline = [{{**step, **changes.get(step['type'], {{}})}} for step in _base_.train_pipeline]

train_dataloader = dict(
    batch_size={batch},
    dataset=dict(folders=['train'], part=('train', 0.1), pipeline=train_pipeline, **data),
)
val_dataloader = dict(dataset=dict(folders=['train'], part=('val', 0.1), **data))
test_dataloader = dict(dataset=dict(folders=['test'], **data))
val_evaluator = dict({norm})
test_evaluator = dict({norm})
model = dict(head=dict(num_keypoints={count}))
train_cfg = dict(max_epochs={epochs}, val_interval={interval})
"""
_NO_MIRROR = '    RandomFlip=dict(prob=0.0),  # say flip_pairs, then remove this line\n'


@dataclass(frozen=True)
class ReadyConfig:
    """What the config says.

    Attributes:
        name: Of the object, ``dataset_name``.
        base: The config that it inherits.
        pairs: Flip pairs, None: no mirror.
        norm: The two points that errors are divided by, None: the box.
        train: Number of objects to train on.
    """

    name: str
    base: Path
    pairs: tuple[tuple[int, int], ...] | None
    norm: tuple[int, int] | None
    train: int

    def write(self, path: Path, labels: LabelSet) -> None:
        """Write the config.

        Args:
            path: Its file, in the folder of the data.
            labels: The points and their names.
        """
        batch = max(2, min(32, self.train // 4))
        epochs = min(500, max(80, ITERATIONS * batch // max(self.train, 1)))
        if self.norm is None:
            norm = "norm_mode='box'"
        else:
            norm = f"norm_mode='keypoint_distance', keypoint_indices={self.norm}"
        text = _TEXT.format(
            count=len(labels.names),
            name=_literal(self.name),
            work_dir=_literal(f'work_dirs/{self.name}'),
            format=labels.format,
            path=_literal(path.as_posix()),
            root=_root(path.parent.as_posix()),
            base=_literal(_relative(self.base, path.parent)),
            names=_literal(list(labels.names)),
            pairs=list(self.pairs or ()),
            lines=_literal({key: (list(line), False) for key, line in labels.lines.items()}),
            mirror=_NO_MIRROR if self.pairs is None else '',
            batch=batch,
            norm=norm,
            epochs=epochs,
            interval=max(1, epochs // 16),
        )
        path.write_text(text, encoding='utf-8')


def _literal(value: object) -> str:
    """A value in a config, in which two braces would begin a variable."""
    return repr(value).replace('{{', '{\\x7b')


def _root(folder: str) -> str:
    """The folder of the data: that of the config, wherever it is, if its name can be pasted."""
    is_plain = _literal(folder) == f"'{folder}'"
    return "'{{ fileDirname }}'" if is_plain else _literal(folder)


def _relative(base: Path, folder: Path) -> str:
    """Relative where the data lie in the repository of the base, so that it can move."""
    if base.parent.parent in folder.parents:
        return Path(os.path.relpath(base, folder)).as_posix()
    return base.as_posix()
