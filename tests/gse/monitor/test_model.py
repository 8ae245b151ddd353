from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.dictionary import events
from gse.decode import Decoded, decode
from gse.dictionary import Dictionary, load
from gse.link.frames import DUPLICATE_WINDOW
from gse.live.decoding import Decoding
from gse.monitor import panels
from gse.monitor.braille import curve, sparkline
from gse.monitor.model import Model
from gse.monitor.panels import View
from gse.monitor.text import Size, clock
from gse.summary import cameras, states_entered
from tests.gse.captures import DICTIONARY
from tests.gse.conftest import DEAD_CAMERA, MISSION
from tests.gse.encoder import CADU, Framer, Packetizer, Sent, boot
from tests.gse.monitor.status import WAITING


class _AtOnce:
    """Octets that all came at the epoch."""

    def at(self, octet: np.ndarray) -> np.ndarray:
        return np.zeros(len(octet), np.int64)


def batches(data: bytes, size: int, dictionary: Dictionary | None = None) -> Iterator[Decoded]:
    decoding = Decoding(dictionary or load(MISSION), None, 0, _AtOnce())
    for at in range(0, len(data), size):
        for batch in decoding.feed(data[at : at + size]):
            yield batch.decoded
    for batch in decoding.finish():
        yield batch.decoded


@pytest.fixture(scope="module")
def seen(drop: Path) -> Model:
    model = Model()
    for decoded in batches(drop.read_bytes(), 2000):
        model.take(decoded, 100.0)
    return model


@pytest.fixture(scope="module")
def whole(drop: Path) -> Decoded:
    return decode(drop.read_bytes(), load(MISSION))


def test_states_and_their_times_are_those_that_were_reported(seen: Model, whole: Decoded) -> None:
    entered = states_entered(MISSION, whole.tables)
    assert seen.state == "LANDED"
    assert set(entered) <= set(seen.reached)
    for state, (time_s, cause) in entered.items():
        assert seen.reached[state].time_s == pytest.approx(time_s)
        assert seen.reached[state].cause == cause


def test_cameras_are_as_the_last_account_says_and_the_dead_one_is_dead(
    seen: Model, whole: Decoded
) -> None:
    for camera, row in zip(seen.cameras, cameras(MISSION, whole.tables), strict=True):
        assert (camera.triggered, camera.confirmed, camera.missed, camera.inhibited) == (
            row.triggered, row.confirmed, row.missed, row.inhibited,
        )  # fmt: skip
    silent = [event.text for event in seen.events if event.name == "CAMERA_SILENT"]
    assert any(DEAD_CAMERA in text for text in silent)


def test_every_event_report_is_there_once(seen: Model, whole: Decoded) -> None:
    assert [e.text for e in seen.events] == whole.events["text"].to_pylist()


FRAMES = DUPLICATE_WINDOW + 2  # after which the same frame again is no duplicate
EVENT = 3  # any that asks for nobody's attention


def event(name: str) -> int:
    return [row[0] for row in events.EVENTS].index(name)


class Board:
    """Its clock and its counts begin at the same values whenever it is switched on."""

    def __init__(self) -> None:
        self._packetizer = Packetizer()
        self._framer = Framer()
        self.boot = boot(self._packetizer, DICTIONARY.fingerprint, sclk=1000)

    def report(self, sclk: float = 1000.0, **counts: int) -> Sent:
        return self._packetizer.make("EVR", {"EVR_ID": EVENT} | counts, sclk)

    def state(self, state: int, sclk: float) -> Sent:
        return self._packetizer.make("EDL", {"EDL_STATE": state}, sclk)

    def altitude(self, sclk: float) -> Sent:
        return self._packetizer.make("NAV", {}, sclk)

    def hk(self, count: int, since: float = 1001.0) -> bytes:
        """Each in a frame of its own."""
        packets = [self._packetizer.make("HK", {}, since + i) for i in range(count)]
        return b"".join(self.send(packet) for packet in packets)

    def send(self, *packets: Sent, channel: int = 0) -> bytes:
        return b"".join(self._framer.frames((p.octets for p in packets), channel))


def taken(data: bytes, size: int = 1 << 20) -> Model:
    """Everything, in batches of so many octets."""
    model = Model()
    for decoded in batches(data, size, DICTIONARY):
        model.take(decoded, 0.0)
    return model


@pytest.mark.parametrize("size", [CADU, 1 << 20])
def test_reports_that_are_played_back_are_shown_once(size: int) -> None:
    board = Board()
    first, lost = board.report(EVR_SEQUENCE=1), board.report(EVR_SEQUENCE=2)
    data = board.send(board.boot, first)
    data += board.send(first, lost, lost, channel=1)
    data += board.send(lost) + board.hk(2)  # overtaken
    assert taken(data, size).events_seen == 2


@pytest.mark.parametrize("size", [16 * CADU, 1 << 20])
def test_what_a_flight_before_the_power_cycle_had_reached_is_not_reached(size: int) -> None:
    entered, names = event("STATE_ENTERED"), load("mars2020").enums["STATE"]
    data = b""
    for state, at in ((0, 1010.0), (1, 1060.0), (max(names), 1090.0)):
        if not data:
            board = Board()
            data = board.send(board.boot)
        data += board.send(board.report(at, EVR_ID=entered, EVR_ARG0=state), board.state(state, at))
        data += board.send(board.altitude(at)) + board.hk(FRAMES // 2, at)
    assert list(taken(data, size).reached) == [names[0], names[1], names[max(names)]]
    board = Board()
    data += board.send(board.boot, board.state(0, 1012.0), board.altitude(1012.0))
    data += board.hk(40, 1012.0) + board.send(board.state(0, 1052.0), board.altitude(1052.0))
    model = taken(data, size)
    assert model.report is not None
    assert model.report.restarts == 1
    assert list(model.reached) == [names[0]]
    assert model.time_in_state_s == 40.0
    assert list(model.traces["altitude"].times_s) == [-988.0, -948.0]


@pytest.mark.parametrize("size", [16 * CADU, 1 << 20])
def test_reports_after_a_power_cycle_are_others_though_time_and_number_are_the_same(
    size: int,
) -> None:
    data = b""
    for _ in range(2):
        board = Board()
        data += board.send(board.boot, board.report(EVR_SEQUENCE=1)) + board.hk(FRAMES)
    model = taken(data, size)
    assert model.report is not None
    assert model.report.restarts == 1
    assert model.events_seen == 2


def test_a_report_that_was_played_back_may_come_again_after_a_power_cycle() -> None:
    board = Board()
    data = board.send(board.boot)
    data += board.send(board.report(EVR_SEQUENCE=1), channel=1) + board.hk(FRAMES)
    board = Board()
    data += board.send(board.boot, board.report(EVR_SEQUENCE=1)) + board.hk(FRAMES)
    assert taken(data, 16 * CADU).events_seen == 2


@settings(max_examples=4)
@given(st.randoms(use_true_random=False))
def test_in_whatever_batches_it_comes_the_end_is_the_same(
    drop: Path, seen: Model, r: random.Random
) -> None:
    data = drop.read_bytes()
    model = Model()
    for decoded in batches(data, r.randint(20_000, 400_000)):
        model.take(decoded, 0.0)
    assert model.reached == seen.reached
    assert model.cameras == seen.cameras
    assert list(model.traces["altitude"].values) == list(seen.traces["altitude"].values)
    assert model.time_in_state_s == seen.time_in_state_s


def test_time_in_state_counts_on_with_every_packet(drop: Path) -> None:
    model = Model()
    for decoded in batches(drop.read_bytes()[:200_000], 500):
        model.take(decoded, 0.0)
        if model.time_in_state_s is not None and model.time_s is not None:
            entered = model.reached[model.state or ""].time_s
            assert model.time_in_state_s == pytest.approx(max(model.time_s - entered, 0.0))


@settings(max_examples=50)
@given(st.integers(1, 200), st.integers(0, 60))
def test_panels_fit_whatever_room_they_have(seen: Model, width: int, height: int) -> None:
    view = View(seen, WAITING, 200.0, {"RED": 2})
    for draw in (panels.state, panels.timeline, panels.navigation, panels.cameras, panels.link,
                 panels.board):  # fmt: skip
        lines = draw(view, Size(width, height)).split("\n")
        assert len([line for line in lines if line.plain]) <= height
        assert all(line.cell_len <= width for line in lines)


def test_panels_are_drawn_in_a_state_that_the_mission_has_not() -> None:
    board = Board()
    model = taken(board.send(board.boot, board.state(200, 1001.0)))
    assert model.state == "200"
    view = View(model, WAITING, 0.0, {})
    assert "200" in panels.state(view, Size(40, 6)).plain
    assert "COAST" in panels.timeline(view, Size(40, 20)).plain


def test_a_dead_camera_is_red_and_one_that_films_is_not(drop: Path) -> None:
    data = drop.read_bytes()
    model = Model()
    for decoded in batches(data, 2000):
        model.take(decoded, 0.0)
        if DEAD_CAMERA in [camera.name for camera in model.cameras if camera.is_dead]:
            break
    shown = panels.cameras(View(model, WAITING, 0.0, {}), Size(60, 10)).split("\n")
    dead = next(line for line in shown if DEAD_CAMERA in line.plain)
    assert "DEAD" in dead.plain
    assert any("on #b3261e" in str(span.style) for span in dead.spans)
    other = next(line for line in shown if "CAM_DOWN" in line.plain)
    assert "DEAD" not in other.plain


def test_a_value_outside_its_limits_has_their_colour(seen: Model) -> None:
    seen.levels = {"BUS_VOLTAGE": "RED"}
    shown = panels.board(View(seen, WAITING, 0.0, {}), Size(50, 10)).split("\n")
    seen.levels = {}
    voltage = next(line for line in shown if "bus voltage" in line.plain)
    assert any("on #b3261e" in str(span.style) for span in voltage.spans)
    others = [span for line in shown if line is not voltage for span in line.spans]
    assert not any("#b3261e" in str(span.style) for span in others)


def test_before_anything_came_panels_say_so() -> None:
    view = View(Model(), WAITING, 0.0, {})
    assert "nothing received yet" in panels.state(view, Size(40, 6)).plain
    assert "nobody answers" in panels.link(view, Size(40, 6)).plain


def test_why_nothing_is_decoded_is_said_in_full() -> None:
    status = replace(WAITING, refused="the capture was made with another dictionary: use it")
    shown = panels.state(View(Model(), status, 0.0, {}), Size(30, 6)).plain
    assert " ".join(shown.split()) == status.refused


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "T+00:00.0"), (-600.0, "T-10:00.0"), (240.63, "T+04:00.6"), (59.96, "T+00:59.9"),
     (3725.0, "T+1:02:05.0"), (None, "T --:--")],
)  # fmt: skip
def test_times_from_zero(seconds: float | None, shown: str) -> None:
    assert clock(seconds) == shown


def test_a_curve_has_a_dot_where_its_samples_are() -> None:
    times = np.arange(20.0)
    lines = curve(times, times, (0.0, 19.0), (0.0, 19.0), 10, 5)
    assert [len(line) for line in lines] == [10] * 5
    assert ord(lines[-1][0]) > 0x2800  # low at the left
    assert ord(lines[0][-1]) > 0x2800  # high at the right
    assert lines[0][0] == lines[-1][-1] == "\u2800"


def test_a_sparkline_rises_with_its_values() -> None:
    assert sparkline(np.arange(8.0), 8) == "▁▂▃▄▅▆▇█"
    assert sparkline(np.array([]), 8) == ""
    assert len(sparkline(np.arange(1000.0), 12)) == 12
