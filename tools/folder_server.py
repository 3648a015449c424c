from __future__ import annotations

import functools
import http.server
from pathlib import Path
from threading import Thread


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Print no line for each request."""


class FolderServer:
    """Serves a folder on a free port of this machine while a ``with`` block lasts.

    Args:
        folder: What is served.
    """

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)

    def __enter__(self) -> str:
        """Start; returns the address, without a slash at the end."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        return f'http://127.0.0.1:{self._server.server_port}'

    def __exit__(self, *error: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
