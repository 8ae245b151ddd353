"""How is a Yamcs server started and ended? From the jars of fprime-yamcs-bundle, on Java 17."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path

from gse.errors import UserError

_START_S = 120.0
_LOOK_S = 0.25
_STOP_S = 15.0


def command(directory: Path) -> list[str]:
    """The command that runs the server of a directory that configuration.write() wrote.

    Raises UserError when Java or the jars are not there.
    """
    java = shutil.which("java")
    if java is None:
        raise UserError(
            "there is no java on this machine, and Yamcs runs on it: install Java 17 or later "
            "(Debian: openjdk-17-jre-headless)"
        )
    bundle = find_spec("fprime_yamcs_bundle")
    if bundle is None or not bundle.submodule_search_locations:
        raise UserError(
            "the jars of Yamcs are not installed: pip install 'edlcam[yamcs]', which brings "
            "fprime-yamcs-bundle"
        )
    jars = Path(bundle.submodule_search_locations[0]) / "lib" / "*"
    return [
        java,
        "-Xmx512m",
        "-cp",
        str(jars),
        "org.yamcs.YamcsServer",
        "--etc-dir",
        str((directory / "etc").resolve()),
        "--data-dir",
        str((directory / "data").resolve()),
        "--no-color",
    ]


class Server:
    """A Yamcs server that runs while the context lasts."""

    def __init__(self, directory: Path, instance: str, http_port: int) -> None:
        self._directory = directory
        self._http = ("127.0.0.1", http_port)
        self._url = f"http://127.0.0.1:{http_port}/api/instances/{instance}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self._directory / "yamcs.log"

    def __enter__(self) -> Server:
        """Raises UserError when it cannot be started, or its port is another's."""
        arguments = command(self._directory)
        self._check_port()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                arguments, cwd=self._directory, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self._wait_until_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait(self) -> None:
        """Waits until the server ends by itself. Raises UserError when it failed."""
        assert self._process is not None
        if code := self._process.wait():
            raise UserError(
                f"Yamcs ended with exit code {code}: {self._last_words()}; see {self.log}"
            )

    def _check_port(self) -> None:
        """Whoever answers there already would be taken for the one that is started."""
        try:
            socket.create_connection(self._http, 2).close()
        except OSError:
            return
        raise UserError(
            f"something answers on port {self._http[1]} already: end it, or name another port "
            "with --http-port"
        )

    def _wait_until_up(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            running = self._says_that_it_runs()
            if self._process.poll() is not None:  # what answered was another
                raise UserError(f"Yamcs ended at once: {self._last_words()}; see {self.log}")
            if running:
                return
            time.sleep(_LOOK_S)
        raise UserError(f"Yamcs was not up after {_START_S:.0f} s; see {self.log}")

    def _says_that_it_runs(self) -> bool:
        try:
            with urllib.request.urlopen(self._url, timeout=2) as answer:
                return b'"RUNNING"' in answer.read()
        except (OSError, HTTPException):  # not up yet, or something that speaks no HTTP
            return False

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        severe = [line.partition("SEVERE")[2].strip() for line in lines if "SEVERE" in line]
        said = severe or [line.strip() for line in lines if line.strip()] or ["it said nothing"]
        return said[-1]
