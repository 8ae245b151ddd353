"""Does edlcam console say in a sentence what it cannot do, and serve whom it should?"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gse import cli
from gse.archive import tables
from gse.archive.archive import Archive
from gse.archive.index import Index
from gse.console import server
from gse.decode import decode
from gse.targets import TREE
from tests.gse.captures import DICTIONARY, steady
from tests.gse.console.serving import record
from tests.gse.encoder import capture
from tests.gse.test_cli import assert_one_sentence, run

PATIENCE_S = 60.0
# As installed: the pages themselves are asked for in test_browser.py alone.
SERVE = """
import pathlib, sys
from gse.console import server
server.OPENMCT = pathlib.Path(sys.argv.pop(1))
from gse.cli import main
main(prog_name="edlcam")
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of what make console installs."""
    place = tmp_path / "openmct"
    place.mkdir()
    (place / "openmct.js").touch()
    monkeypatch.setattr(server, "OPENMCT", place)
    return place


def test_without_open_mct_it_says_how_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "OPENMCT", tmp_path)
    result = run("console", "sim:out")
    assert_one_sentence(result, 2)
    assert "Open MCT is not installed: run make console" in result.stderr


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tty"], "names no link: write serial:PORT"),
        (["file:/no/such/file"], "cannot read /no/such/file"),
        (["tcp:h:1", "--listen", "everybody"], "--listen wants an address such as 0.0.0.0"),
        (["tcp:h:1", "--listen", "192.0.2.1"], "cannot serve at 192.0.2.1 port 8080"),
        (["tcp:h:1", "--port", "0", "--archive", "/dev/null/a"], "cannot write the archive"),
        ([".", "--archive", "a"], "--archive keeps what comes from a SOURCE"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(arguments: list[str], said: str) -> None:
    result = run("console", *arguments)
    assert_one_sentence(result, 2)
    assert said in result.stderr


@pytest.mark.usefixtures("installed")
def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("console", "serial:/dev/none", "--port", port)
    assert_one_sentence(result, 2)
    assert f"cannot serve at 127.0.0.1 port {port} (Address already in use)" in result.stderr


@pytest.mark.usefixtures("installed")
def test_a_directory_of_tables_is_told_from_one_of_nothing(tmp_path: Path) -> None:
    decoded = decode(b"".join(capture(steady(60))), DICTIONARY)
    tables.write(decoded, tmp_path / "tables", "parquet")
    told = run("console", tmp_path / "tables", "--port", "0")
    assert_one_sentence(told, 2)
    assert "edlcam record file:CAPTURE?speed=0 --archive NEW" in told.stderr
    nothing = run("console", tmp_path, "--port", "0")
    assert_one_sentence(nothing, 2)
    assert "is no archive: name one that edlcam record wrote" in nothing.stderr


@pytest.mark.usefixtures("installed")
def test_an_archive_of_another_dictionary_is_refused(tmp_path: Path) -> None:
    (tmp_path / "downlink.bin").write_bytes(b"".join(capture(steady(60))))
    record(tmp_path / "downlink.bin", tmp_path / "a")
    with contextlib.closing(Index(tmp_path / "a")) as index:
        index.set_about("dictionary", "mars2020 00000001")
    for source in (["serial:/dev/none", "--archive"], []):
        result = run("console", *source, tmp_path / "a", "--port", "0")
        assert_one_sentence(result, 2)
        assert "was written with dictionary 00000001" in result.stderr


@contextlib.contextmanager
def served(installed: Path, *arguments: str | Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that a console in a process of its own prints, and the process."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, installed, "console", *arguments, "--port", "0"],
        env=os.environ | {"PYTHONPATH": str(TREE), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert process.stdout.readline() == "Ctrl-C ends it.\n"
            yield url, process
        finally:
            process.kill()


def asked(url: str) -> httpx.Response:
    """What it answers, once it does."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
        return client.get(url, timeout=PATIENCE_S)


def test_a_network_is_served_to_whoever_has_the_token_and_ctrl_c_ends_it(
    installed: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    arguments = ("serial:/dev/none", "--listen", "127.0.0.1", "--archive", kept)
    with served(installed, *arguments) as (url, process):
        address, _, token = url.partition("?token=")
        assert len(token) > 20
        assert asked(url).status_code == 303
        assert asked(address).status_code == 403
        assert asked(f"{address}?token=x").status_code == 403
        cookie = {"Cookie": f"edlcam-console={token}"}
        waiting = httpx.get(f"{address}api/objects", headers=cookie, timeout=PATIENCE_S)
        assert waiting.status_code == 503
        assert "cannot open /dev/none" in waiting.json()["waiting"]
        process.send_signal(signal.SIGINT)
        said, wrong = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == cli.INTERRUPTED
    assert said == ""
    assert wrong == "edlcam: stopped by Ctrl-C; files already complete were kept.\n"
    Archive(kept).close()  # nobody writes to it any more


def test_an_archive_of_raw_octets_alone_is_shown_without_a_token(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "downlink.bin").write_bytes(b"".join(capture(steady(60))))
    record(tmp_path / "downlink.bin", tmp_path / "a")
    for path in (tmp_path / "a").glob("index.sqlite*"):
        path.unlink()
    with served(installed, tmp_path / "a") as (url, _):
        assert "token" not in url
        answer = asked(f"{url}api/objects")
    assert answer.status_code == 200
    assert answer.json()["mission"] == "mars2020"
