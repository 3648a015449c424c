from __future__ import annotations

import argparse

from mmengine.config import DictAction


class ConfigOptions(DictAction):
    """MMEngine's action for ``--cfg-options key=value ...``; what it cannot read is a wrong use."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: list[str],
        option_string: str | None = None,
    ) -> None:
        """Read the overrides.

        Raises:
            argparse.ArgumentError: If one has no ``=``, or brackets that do not match.
        """
        for value in values:
            if not value.partition('=')[0] or '=' not in value:
                raise argparse.ArgumentError(
                    self, f'expected key=value without spaces, found {value!r}'
                )
        try:
            super().__call__(parser, namespace, values, option_string)
        except (AssertionError, ValueError) as error:
            raise argparse.ArgumentError(self, str(error)) from error
