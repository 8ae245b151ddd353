from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from gse.archive.tables import plain
from gse.console import server
from gse.console.server import Console
from gse.console.store import Store
from gse.decode import Decoded, decode
from gse.dictionary import load
from tests.gse.conftest import MISSION
from tests.gse.console.serving import record, served, serving
from tests.gse.encoder import Packetizer, boot, capture

TOKEN = "as-printed"


@pytest.fixture(scope="module")
def whole(drop: Path) -> Decoded:
    return decode(drop.read_bytes(), load(MISSION))


@pytest.fixture(scope="module")
def store(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    directory = tmp_path_factory.mktemp("served")
    record(drop, directory)
    with contextlib.closing(Store(directory)) as made:
        yield made


def lengths(decoded: Decoded) -> dict[str, int]:
    """Rows of each packet that came."""
    return {name: len(table) for name, table in decoded.tables.items() if len(table)}


class Browser:
    """Asks a console, under a name of its machine."""

    def __init__(self, url: str, host: str) -> None:
        self._url = url
        self._host = host
        self.client = httpx.Client(base_url=url, headers={"host": host})

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def socket(self, **headers: str) -> ClientConnection:
        cookies = "; ".join(f"{k}={v}" for k, v in self.client.cookies.items())
        url = self._url.replace("http", "ws") + "api/live"
        return connect(url, additional_headers={"Cookie": cookies, **headers})

    @contextlib.contextmanager
    def live(self, **headers: str) -> Iterator[Callable[[Any], dict[str, Any]]]:
        """Gives a function that says something, unless it is None, and hears what comes next."""
        with self.socket(**headers) as socket:

            def talk(said: Any) -> dict[str, Any]:
                if said is not None:
                    socket.send(json.dumps(said))
                return dict(json.loads(socket.recv(timeout=20)))

            yield talk


@contextlib.contextmanager
def browser(store: Store, token: str | None = None, host: str = "127.0.0.1") -> Iterator[Browser]:
    with serving(Console(store, None, token)) as url:
        asking = Browser(url, host)
        with asking.client:
            yield asking


@pytest.fixture(scope="module")
def asking(store: Store) -> Iterator[Browser]:
    with browser(store) as made:
        yield made


@pytest.fixture
def stranger(store: Store) -> Iterator[Browser]:
    with browser(store, TOKEN, "192.168.1.5") as made:
        yield made


def test_the_tree_and_the_extent_of_what_is_archived(asking: Browser, whole: Decoded) -> None:
    answer = asking.get("/api/objects").json()
    assert answer["mission"] == MISSION
    assert not answer["live"]
    times = [
        t
        for n, table in whole.tables.items()
        if n != "EVR"
        for t in table["time_from_ei_s"].to_pylist()
    ]
    assert answer["extents"]["ei"] == [1000 * min(times), 1000 * max(times)]


def test_history_is_thinned_to_what_was_asked_for(asking: Browser, whole: Decoded) -> None:
    query = {"columns": "NAV_ALTITUDE", "size": 100, "strategy": "minmax"}
    answer = asking.get("/api/history/NAV", params=query).json()
    altitude = whole.tables["NAV"]["NAV_ALTITUDE"].to_pylist()
    assert 50 < len(answer["ei"]) <= 100
    assert len(answer["ei"]) == len(answer["utc"]) == len(answer["NAV_ALTITUDE"])
    assert max(answer["NAV_ALTITUDE"]) == max(altitude)


def test_the_latest_is_one_row(asking: Browser, whole: Decoded) -> None:
    query = {"columns": "EDL_STATE", "size": 1, "strategy": "latest"}
    answer = asking.get("/api/history/EDL", params=query).json()
    assert answer["EDL_STATE"] == [len(load(MISSION).enums["STATE"]) - 1]


def test_what_is_played_back_is_told_from_what_is_so_now(tmp_path: Path) -> None:
    """Landed; then the recorder gives what an outage during entry has taken."""
    dictionary = load("mars2020")
    entry, landed = 2, max(dictionary.enums["STATE"])
    packetizer = Packetizer()
    lost, last = (
        packetizer.make("EDL", {"EDL_STATE": state}, sclk)
        for state, sclk in ((entry, 1050.0), (landed, 1100.0))
    )
    live = [boot(packetizer, dictionary.fingerprint), last]
    (tmp_path / "downlink.bin").write_bytes(b"".join(capture(live, [lost])))
    record(tmp_path / "downlink.bin", tmp_path / "a")
    query = {"columns": "EDL_STATE", "size": 1, "strategy": "latest"}
    with contextlib.closing(Store(tmp_path / "a")) as store, browser(store) as asking:
        latest = asking.get("/api/history/EDL", params=query).json()
        nothing = asking.get("/api/history/HK?columns=BUS_VOLTAGE&size=1&strategy=latest").json()
        with asking.live() as talk:
            message = talk({"run": store.run, "cursor": {}})
            while not message.get("packets"):
                message = talk(None)
    assert latest["EDL_STATE"] == [landed]
    assert nothing["BUS_VOLTAGE"] == []
    rows = message["packets"]["EDL"]
    assert (rows["EDL_STATE"], rows["virtual_channel"]) == ([landed, entry], [0, 1])


def test_states_are_those_that_were_entered(asking: Browser) -> None:
    entered = asking.get("/api/states").json()
    names = [e["state"] for e in entered]
    assert names == list(load(MISSION).enums["STATE"].values())
    assert [e["ei"] for e in entered] == sorted(e["ei"] for e in entered)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("NOTHING", 404),
        ("NAV?columns=NOTHING", 404),
        ("NAV?start=x", 400),
        ("NAV?domain=x", 404),
        ("HK?domain=utc&start=nan", 400),
        ("HK?end=inf", 400),
    ],
)
def test_what_is_not_there_is_named(asking: Browser, path: str, code: int) -> None:
    answer = asking.get(f"/api/history/{path}")
    assert answer.status_code == code
    assert answer.json()["error"]


def test_event_reports_are_no_curve_that_could_be_thinned(asking: Browser, whole: Decoded) -> None:
    answer = asking.get("/api/history/EVR?columns=EVR_ID&strategy=minmax&size=5").json()
    assert len(answer["text"]) == len(whole.events)


def test_a_column_that_is_named_twice_is_given_once(asking: Browser) -> None:
    asked = "strategy=minmax&size=1"
    twice = asking.get(f"/api/history/HK?columns=BUS_VOLTAGE,BUS_VOLTAGE&{asked}")
    assert twice.status_code == 200
    assert twice.json() == asking.get(f"/api/history/HK?columns=BUS_VOLTAGE&{asked}").json()


def test_an_archive_in_which_nothing_is_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "nothing.bin"
    empty.write_bytes(b"")
    record(empty, tmp_path / "archive")
    with contextlib.closing(Store(tmp_path / "archive")) as store, browser(store) as asking:
        answer = asking.get("/api/objects")
    assert answer.status_code == 503
    assert answer.json() == {"waiting": "the archive is empty"}


def test_a_browser_that_comes_back_gets_every_row_it_lacks(
    asking: Browser, store: Store, whole: Decoded
) -> None:
    rows: dict[str, int] = {"NAV": 50}
    expected = lengths(whole)
    with asking.live() as talk:
        message = talk({"run": store.run, "cursor": {"NAV": 50}})
        while True:
            for packet, columns in message.get("packets", {}).items():
                assert len(set(map(len, columns.values()))) == 1
                rows[packet] = rows.get(packet, 0) + len(columns["ei"])
                assert message["cursor"][packet] == rows[packet]
            if rows == expected:
                break
            message = talk({"took": message["number"]} if "number" in message else None)


def test_one_that_does_not_answer_is_sent_no_more_than_a_few(
    asking: Browser, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_MOST_ROWS", 100)
    with asking.live() as talk:
        heard = [talk({"run": store.run, "cursor": {}})]
        while sum("number" in message for message in heard) < 4:
            heard.append(talk(None))
        assert all("status" in talk(None) for _ in range(2))
        message = talk({"took": 1})
        while "number" not in message:
            message = talk(None)
        assert message["number"] == 5


def test_a_new_browser_begins_with_what_comes_next(asking: Browser, store: Store) -> None:
    with asking.live() as talk:
        assert talk({}) == {"run": store.run, "cursor": store.counts(), "packets": {}}
        assert "status" in talk(None)
        assert "status" in talk(None)


def test_a_batch_that_cannot_be_taken_is_told_and_the_next_ones_are_taken(
    drop: Path, whole: Decoded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = 0

    def fails_once(table: pa.Table) -> pa.Table:
        nonlocal tables
        tables += 1
        if tables == 1:
            raise MemoryError("no room")
        return plain(table)

    monkeypatch.setattr("gse.console.store.plain", fails_once)
    rows: dict[str, int] = {}
    with served(f"file:{drop}?speed=0", tmp_path, MISSION) as console:
        console.session.join()
        with Browser(console.url, "127.0.0.1").live() as talk:
            message = talk({"run": console.store.run, "cursor": {}})
            while rows != lengths(whole):
                for packet, columns in message.get("packets", {}).items():
                    rows[packet] = rows.get(packet, 0) + len(columns["ei"])
                message = talk({"took": message["number"]} if "number" in message else None)
            while "status" not in message:
                message = talk({"took": message["number"]} if "number" in message else None)
    assert tables > len(lengths(whole)), "in more than one batch"
    assert message["status"]["why"] == "not all rows are shown: MemoryError: no room"


@pytest.mark.parametrize("said", [[], "x", {"run": 1}, {"run": 1, "cursor": {"NAV": "x"}}])
def test_what_it_cannot_mean_ends_the_conversation(asking: Browser, said: Any) -> None:
    with asking.live() as talk, pytest.raises(ConnectionClosed):
        talk(said)
    assert asking.get("/api/states").status_code == 200


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        ([], b"{}"),
        ([], "[" * 100_000),
        (["{}"], b"{}"),
        (["{}"], "[" * 100_000),
        (["{}"], '{"took": 1e999}'),
    ],
    ids=["binary", "deep", "then-binary", "then-deep", "then-infinite"],
)
def test_what_no_browser_says_ends_the_conversation_with_the_reason(
    asking: Browser, greeting: list[str], said: str | bytes
) -> None:
    with asking.socket() as socket:
        for text in greeting:
            socket.send(text)
            socket.recv(timeout=20)
        socket.send(said)
        with contextlib.suppress(ConnectionClosed):
            for _ in range(20):
                socket.recv(timeout=20)
    assert (socket.close_code, socket.close_reason) == (1008, "not what a console says")


def test_without_the_token_nothing_is_shown(stranger: Browser) -> None:
    for path in ("/", "/api/objects", "/api/history/NAV", "/main.js", f"/?token={TOKEN}x"):
        answer = stranger.get(path)
        assert answer.status_code == 403
        assert "token" in answer.text
    with pytest.raises(InvalidStatus), stranger.live():
        pass


def test_the_printed_address_gives_a_cookie_that_is_enough(stranger: Browser) -> None:
    answer = stranger.get(f"/?token={TOKEN}")
    assert answer.status_code == 303
    assert TOKEN not in answer.headers["location"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/api/objects").status_code == 200
    with stranger.live() as talk:
        assert "cursor" in talk({})


def test_a_page_of_another_site_may_not_ask(asking: Browser) -> None:
    for header in ("host", "origin"):
        foreign = {header: "http://evil.example" if header == "origin" else "evil.example"}
        assert asking.get("/api/objects", headers=foreign).status_code == 421
    with pytest.raises(InvalidStatus), asking.live(Origin="http://evil.example"):
        pass


@pytest.mark.parametrize("foreign", [{"host": "[::1"}, {"origin": "http://[::1"}])
def test_what_is_no_name_at_all_is_no_name_of_this_console(
    asking: Browser, foreign: dict[str, str]
) -> None:
    assert asking.get("/api/objects", headers=foreign).status_code == 421
