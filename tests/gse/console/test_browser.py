"""Open MCT with our plugin in a real browser, without a screen."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from gse.console.server import OPENMCT
from gse.dictionary import load
from tests.gse.console.serving import Served, served
from tests.gse.encoder import Framer, Packetizer, Sent, boot

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 40_000  # of a machine that does much else
DESCENT = "#/browse/edlcam:spacecraft/edlcam:layout.descent"
FROM_LAUNCH = "tc.mode=fixed&tc.timeSystem=ei&tc.startBound=-10000&tc.endBound=240000"

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(not OPENMCT.is_dir(), reason="no Open MCT: make console"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def console(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """What a drop test has sent, received."""
    directory = tmp_path_factory.mktemp("console")
    with served(f"file:{drop}?speed=0", directory) as console:
        console.session.join()
        yield console


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    made = chromium.new_page(viewport={"width": 1400, "height": 900})
    made.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    made.close()
    assert not errors


_CURVES = """() => [...document.querySelectorAll('.gl-plot')].map((plot) => {
    const counts = [...plot.querySelectorAll('canvas')].map((canvas) => {
        const copy = document.createElement('canvas');
        [copy.width, copy.height] = [canvas.width, canvas.height];
        if (!copy.width || !copy.height) return 0;
        const context = copy.getContext('2d');
        context.drawImage(canvas, 0, 0);
        const pixels = context.getImageData(0, 0, copy.width, copy.height).data;
        let found = 0;
        for (let i = 3; i < pixels.length; i += 4) found += pixels[i] > 40;
        return found;
    });
    return Math.max(0, ...counts);
})"""


def curve_pixels(page: Page) -> list[int]:
    """Pixels of each plot that are not background."""
    return [int(n) for n in page.evaluate(_CURVES)]


def wait_for_curves(page: Page, plots: int, least: int) -> None:
    """Until there is a curve of so many pixels in each of so many plots."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while len(found := curve_pixels(page)) != plots or min(found) < least:
        assert time.monotonic() < until, f"pixels drawn: {found}"
        page.wait_for_timeout(200)


def test_the_descent_is_drawn(page: Page, console: Served) -> None:
    page.goto(f"{console.url}{DESCENT}?{FROM_LAUNCH}")
    page.get_by_text("LANDED").first.wait_for()
    wait_for_curves(page, 3, 200)
    page.get_by_text("Event reports").first.wait_for()
    page.locator(".c-telemetry-table__body tr").first.wait_for()
    strip = page.locator(".strip__state")
    assert strip.count() >= 4
    text = page.locator(".edlcam-panel").first.inner_text()
    for state in load("droptest").enums["STATE"].values():
        assert state.replace("_", " ") in text


def test_cameras_and_link_have_their_layouts(page: Page, console: Served) -> None:
    page.goto(f"{console.url}#/browse/edlcam:spacecraft/edlcam:layout.cameras?{FROM_LAUNCH}")
    page.locator(".cameras tr").nth(1).wait_for()
    assert "CAM_UP" in page.locator(".cameras").inner_text()
    red = "() => getComputedStyle(document.querySelector('.cameras .dead')).backgroundColor"
    assert page.evaluate(red) == "rgb(179, 38, 30)"
    wait_for_curves(page, 3, 200)
    page.goto(f"{console.url}#/browse/edlcam:spacecraft/edlcam:layout.link?{FROM_LAUNCH}")
    page.locator(".link").get_by_text("frames missing").wait_for()
    wait_for_curves(page, 3, 200)


def test_the_dictionary_is_the_tree_with_units_enumerations_and_limits(
    page: Page, console: Served
) -> None:
    page.goto(f"{console.url}{DESCENT}?{FROM_LAUNCH}")
    page.wait_for_function("window.edlcam?.openmct.router")
    of = """async (key) => {
        const { openmct } = window.edlcam;
        const object = await openmct.objects.get({ namespace: 'edlcam', key });
        const metadata = openmct.telemetry.getMetadata(object).value('value');
        const evaluator = openmct.telemetry.limitEvaluator(object);
        const level = (value) => evaluator?.evaluate({ value }, metadata)?.cssClass ?? '';
        const rows = await openmct.telemetry.request(object, {
            start: -1e9, end: 1e9, strategy: 'latest', size: 1 });
        return { unit: metadata.unit, texts: metadata.enumerations?.map((e) => e.string),
                 low: level(1), high: level(1000), rows };
    }"""
    voltage = page.evaluate(of, "HK.BUS_VOLTAGE")
    assert voltage["unit"] == "V"
    assert "red" in voltage["low"]
    assert "lwr" in voltage["low"]
    assert "upr" in voltage["high"]
    assert len(voltage["rows"]) == 1
    state = page.evaluate(of, "EDL.EDL_STATE")
    assert state["texts"] == list(load("droptest").enums["STATE"].values())


def test_times_from_zero_are_read_as_they_are_written(page: Page, console: Served) -> None:
    page.goto(f"{console.url}{DESCENT}?{FROM_LAUNCH}")
    check = """async () => {
        const { zeroText, zeroParse } = await import('/time.js');
        return [0, -600000, 240630, 59990, 3725010, -10].map((ms) => [ms, zeroParse(zeroText(ms)),
            zeroText(ms)]).concat([['x', zeroParse('soon'), '']]);
    }"""
    for ms, parsed, text in page.evaluate(check):
        assert ms in (parsed, "x"), text


class Burst:
    """Sends packets over TCP at a rate, beginning when the browser is ready."""

    def __init__(self, packets_per_s: int, duration_s: float) -> None:
        self.counts: dict[str, int] = {}
        self._packetizer = Packetizer()
        framer = Framer()
        first = boot(self._packetizer, load("mars2020").fingerprint, ei_sclk=1000)
        self._head = b"".join(framer.frames([first.octets]))
        names = ("NAV", "EDL", "CAM", "HK", "NAV", "SENSORS", "NAV", "EVR", "NAV", "CAM_TAG")
        self._pieces = []
        for tenth in range(int(10 * duration_s)):
            packets = []
            for i in range(packets_per_s // 10):
                name = names[i % len(names)]
                self.counts[name] = self.counts.get(name, 0) + 1
                sclk = 1000 + tenth / 10 + i / (packets_per_s + 1)
                packets.append(self._packetizer.make(name, {}, sclk).octets)
            self._pieces.append(b"".join(framer.frames(packets)))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.source = f"tcp:127.0.0.1:{self._listener.getsockname()[1]}"
        self.ready, self.over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def __enter__(self) -> Burst:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ready.set()
        self.over.set()
        self._thread.join()
        self._listener.close()

    def _send(self) -> None:
        connection = self._listener.accept()[0]
        with connection:
            connection.sendall(self._head)
            self.ready.wait()
            begun = time.monotonic()
            for i, piece in enumerate(self._pieces):
                time.sleep(max(0.0, begun + i / 10 - time.monotonic()))
                connection.sendall(piece)
            self.over.wait()  # a link that ends would be another test


def received_in_browser(page: Page, console: Served, burst: Burst) -> dict[str, int]:
    page.goto(f"{console.url}{DESCENT}")
    page.wait_for_function("window.edlcam?.live.status?.link === 'connected'")
    before: dict[str, Any] = page.evaluate("window.edlcam.live.received")
    assert not set(before) - {"BOOT"}
    page.locator(".gl-plot").nth(2).wait_for()
    assert not any(curve_pixels(page)), "before anything came, plots are blank"
    burst.ready.set()
    total = sum(burst.counts.values())
    counted = "Object.values(window.edlcam.live.received).reduce((a, b) => a + b, 0)"
    page.wait_for_function(f"{counted} >= {total}")
    page.wait_for_timeout(500)  # whatever comes more than once
    found: dict[str, int] = page.evaluate("window.edlcam.live.received")
    return {name: count for name, count in found.items() if name != "BOOT"}


@pytest.mark.parametrize(
    "duration_s", [2.5, pytest.param(10.0, marks=pytest.mark.soak)], ids=["slice", "whole"]
)
def test_a_burst_of_1000_packets_a_second_drops_nothing(
    page: Page, tmp_path: Path, duration_s: float
) -> None:
    with Burst(1000, duration_s) as burst, served(burst.source, tmp_path) as console:
        assert received_in_browser(page, console, burst) == burst.counts
        wait_for_curves(page, 3, 5)  # some seconds of the four minutes that a plot shows


def test_between_history_and_live_rows_nothing_is_lost(page: Page, tmp_path: Path) -> None:
    """The page begins in the middle of a burst, and its live connection is slow."""
    page.add_init_script("""
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) {
            setTimeout(() => send.call(this, text), text.includes('took') ? 0 : 1000);
        };
    """)
    with Burst(500, 4.0) as burst, served(burst.source, tmp_path, "mars2020") as console:
        page.goto(f"{console.url}{DESCENT}")
        burst.ready.set()
        page.wait_for_function("window.edlcam?.openmct.router")
        page.evaluate("""async () => {
            const { openmct } = window.edlcam;
            const key = 'NAV.NAV_ALTITUDE';
            const object = await openmct.objects.get({ namespace: 'edlcam', key });
            const times = (window.times = new Set());
            const add = (data) => data.forEach((datum) => times.add(datum.ei));
            openmct.telemetry.subscribe(object, add, { strategy: 'batch' });
            add(await openmct.telemetry.request(object, { start: -1e9, end: 1e9 }));
        }""")
        page.wait_for_function(f"window.times.size >= {burst.counts['NAV']}")


@contextlib.contextmanager
def sending(page: Page, directory: Path) -> Iterator[Callable[[Sequence[Sent], int], None]]:
    """A page that shows a board's first packet, and what sends more on a virtual channel."""
    framer = Framer()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        served(f"tcp:127.0.0.1:{listener.getsockname()[1]}", directory) as console,
        listener.accept()[0] as connection,
    ):

        def send(packets: Sequence[Sent], channel: int) -> None:
            octets = (packet.octets for packet in packets)
            connection.sendall(b"".join(framer.frames(octets, channel)))

        send([boot(Packetizer(), load("mars2020").fingerprint, ei_sclk=1000)], 0)
        page.goto(f"{console.url}{DESCENT}")
        page.wait_for_function("window.edlcam?.live.status?.link === 'connected'")
        yield send


def test_what_is_played_back_does_not_turn_time_and_state_back(page: Page, tmp_path: Path) -> None:
    """Landed; then the recorder gives what an outage during entry has taken."""
    landed = max(load("mars2020").enums["STATE"])
    packetizer = Packetizer()
    lost, last = (
        packetizer.make("EDL", {"EDL_STATE": state}, sclk)
        for state, sclk in ((2, 1050.0), (landed, 1100.0))
    )
    with sending(page, tmp_path) as send:
        send([last], 0)
        send([lost], 1)
        page.wait_for_function("window.edlcam.live.received.EDL === 2")
        page.locator(".states__now").get_by_text("LANDED").wait_for()
        page.wait_for_timeout(500)  # while the panel is drawn again
        assert page.locator(".states__now").inner_text() == "LANDED"
        latest = page.evaluate("[window.edlcam.live.latestEi, window.edlcam.live.latest.EDL]")
    assert latest[0] == latest[1]["ei"] == 100_000
    assert latest[1]["EDL_STATE"] == landed


def test_a_state_that_the_mission_has_not_is_shown_by_its_number(
    page: Page, tmp_path: Path
) -> None:
    with sending(page, tmp_path) as send:
        send([Packetizer().make("EDL", {"EDL_STATE": 200}, 1050.0)], 0)
        page.locator(".states__now").get_by_text("200").wait_for()


def test_an_answer_that_is_no_tree_is_shown_as_it_is(page: Page, console: Served) -> None:
    page.route("**/api/objects", lambda route: route.fulfill(status=500, body="Out of order"))
    page.goto(console.url)
    page.get_by_text("edlcam console: waiting: Out of order").wait_for()


def test_a_page_that_stands_still_goes_on_where_it_was(page: Page, tmp_path: Path) -> None:
    """For a second it does nothing at all, and its connection is cut: it lacks nothing after."""
    with Burst(1000, 1.5) as burst, served(burst.source, tmp_path) as console:
        page.goto(f"{console.url}{DESCENT}")
        page.wait_for_function("window.edlcam?.live.status?.link === 'connected'")
        burst.ready.set()
        page.wait_for_function("window.edlcam.live.received.NAV > 100")
        page.evaluate("""() => {
            window.edlcam.live.socket.close();
            const until = performance.now() + 1000;
            while (performance.now() < until);
        }""")
        total = sum(burst.counts.values())
        counted = "Object.values(window.edlcam.live.received).reduce((a, b) => a + b, 0)"
        page.wait_for_function(f"{counted} >= {total}")
        found: dict[str, int] = page.evaluate("window.edlcam.live.received")
        assert {n: c for n, c in found.items() if n != "BOOT"} == burst.counts
