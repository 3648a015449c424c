from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

from pfld_mm.core.model_info import ModelInfo
from pfld_mm.runtime.model_folder import ModelFolder, digest

REPORT, INFO = 'report.json', 'model.json'
SAME = ('weights_sha256', 'color_order', 'mean', 'std', 'input_size')


class ExportFolder:
    """Where an export is written: beside its folder, and moved in when it is complete.

    Args:
        target: The folder that the user named.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + '.partial')

    def begin(self, info: ModelInfo) -> tuple[ModelInfo, dict]:
        """Make the folder; keep the files of other runtimes that an earlier export left.

        They are kept if they were made of the same weights in the same form.

        Returns:
            The metadata with the kept files, and what the earlier report says of them.
        """
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        with contextlib.suppress(OSError, ValueError, KeyError):
            earlier = ModelFolder.read(self.target, verify=False).info
            if any(getattr(earlier, key) != getattr(info, key) for key in SAME):
                return info, {}
            text = (self.target / REPORT).read_text(encoding='utf-8')
            backends = json.loads(text)['backends']
            files = {
                form: names
                for form, names in earlier.files.items()
                if all((self.target / name).is_file() for name in names)
            }
            for name in {name for names in files.values() for name in names}:
                shutil.copy(self.target / name, self.path / name)
            return replace(info, files=files), {k: v for k, v in backends.items() if k in files}
        return info, {}

    def write_info(self, info: ModelInfo) -> None:
        """Write ``model.json`` with the digests of all other files: the export is complete."""
        files = sorted(path for path in self.path.iterdir() if path.suffix != '.json')
        info = replace(info, sha256={file.name: digest(file) for file in files})
        (self.path / INFO).write_text(info.to_json(), encoding='utf-8')

    def finish(self, report: dict) -> None:
        """Move what was made into the target; of an export that failed the report alone."""
        text = json.dumps(report, indent=1) + '\n'
        (self.path / REPORT).write_text(text, encoding='utf-8')
        self.target.mkdir(parents=True, exist_ok=True)
        made = sorted(self.path.iterdir(), key=lambda path: path.name == INFO)
        is_complete = (self.path / INFO).is_file()
        for path in made if is_complete else [self.path / REPORT]:
            os.replace(path, self.target / path.name)
        shutil.rmtree(self.path)
