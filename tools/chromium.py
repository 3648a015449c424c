"""A headless Chromium, driven over the DevTools protocol's pipe: no package is needed."""

import base64
import json
import os
import shutil
import subprocess
from itertools import count
from pathlib import Path
from threading import Timer

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
FLAGS = (
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-extensions',
    '--disable-background-networking',
    '--no-first-run',
    '--remote-debugging-pipe',
)
SECONDS = 180
"""After that the browser is ended, and a waiting test fails."""


def find_chromium() -> str | None:
    """Path of a Chromium on this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """One page in a browser of its own.

    Args:
        profile: An empty folder.
        flags: More of the command line.
    """

    def __init__(self, profile: Path, *flags: str) -> None:
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        high = [os.dup(to_browser), os.dup(from_browser)]  # 3 and 4 may be among the four

        def place() -> None:
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        command = [find_chromium(), *FLAGS, *flags, f'--user-data-dir={profile}', 'about:blank']
        self._process = subprocess.Popen(
            command,
            preexec_fn=place,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for descriptor in (to_browser, from_browser, *high):
            os.close(descriptor)
        self._timer = Timer(SECONDS, self._process.kill)
        self._timer.start()
        self._numbers = count(1)
        self._buffer = b''
        self.events: list[dict] = []
        targets = self.call('Target.getTargets')['targetInfos']
        page = next(target for target in targets if target['type'] == 'page')
        attached = self.call('Target.attachToTarget', targetId=page['targetId'], flatten=True)
        self._session = attached['sessionId']
        self.call('Network.enable')
        self.call('Page.enable')

    _session: str | None = None

    def call(self, method: str, **params) -> dict:
        """Send a command and wait for its answer; events on the way are kept in ``events``."""
        number = next(self._numbers)
        message = {'id': number, 'method': method, 'params': params}
        if self._session:
            message['sessionId'] = self._session
        os.write(self._write, json.dumps(message).encode() + b'\0')
        while True:
            answer = self._receive()
            if answer.get('id') == number:
                assert 'error' not in answer, f'{method}: {answer["error"]}'
                return answer['result']
            self.events.append(answer)

    def _receive(self) -> dict:
        while b'\0' not in self._buffer:
            part = os.read(self._read, 1 << 20)
            assert part, 'Chromium has ended'
            self._buffer += part
        message, self._buffer = self._buffer.split(b'\0', 1)
        return json.loads(message)

    def run(self, script: str) -> object:
        """The value of an asynchronous function's body in the page."""
        answer = self.call(
            'Runtime.evaluate',
            expression=f'(async () => {{ {script} }})()',
            awaitPromise=True,
            returnByValue=True,
        )
        assert 'exceptionDetails' not in answer, answer['exceptionDetails']
        return answer['result'].get('value')

    def open(self, url: str) -> None:
        """Go to a page and wait until it is loaded."""
        self.call('Page.navigate', url=url)
        self.run(
            'while (document.readyState !== "complete" || location.href === "about:blank") '
            'await new Promise((resolve) => setTimeout(resolve, 50));'
        )

    def screenshot(self, file: Path) -> None:
        """Write the whole page as PNG."""
        image = self.call('Page.captureScreenshot', captureBeyondViewport=True)['data']
        file.write_bytes(base64.b64decode(image))

    def requests(self) -> list[str]:
        """Addresses that the page asked for, besides data in the page itself."""
        self.run('return 0')  # takes in the events until now
        sent = [e['params'] for e in self.events if e['method'] == 'Network.requestWillBeSent']
        urls = [params['request']['url'] for params in sent]
        return [url for url in urls if not url.startswith(('data:', 'blob:'))]

    def close(self) -> None:
        """End the browser."""
        self._timer.cancel()
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)
