"""Does the Pico fly, count, tell and stay safe? The board package on parts that fail on misuse."""

from __future__ import annotations

import gc
import hashlib
import importlib
import io
import os
import select
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from boards.host.flash import Flash
from boards.pio.program import CLOCK_HZ, GRID_HZ, WORDS, WRAP, WRAP_TARGET
from fsw import missions
from fsw.data.areas import AREAS
from fsw.kernel.checkpoint import RETAINED
from fsw.link.antireplay import AntiReplay
from fsw.link.layout import CADU_LENGTH
from gse import decode, dictionary
from gse.decode import Decoded
from gse.deploy import key as board_key
from gse.deploy.boards import BOARDS
from gse.keys import Key
from gse.targets import TREE, micropython
from gse.uplink import cltu, telecommand
from gse.uplink.frame import Frame, Kind
from gse.uplink.numbers import Numbers
from gse.uplink.security import Security
from tests.board.pio_machine import StateMachine

FAKES = Path(__file__).parent / "fakes"
MISSION = "droptest"
CLOCKS_PER_US = CLOCK_HZ // 1_000_000
KEY = Key(7, bytes(range(32)))
FLASH_SECTORS = sum(row[1] for row in AREAS)
US_PER_LOOK = 20  # that reading the time takes here


class Behind:
    """A state machine of the PIO, read and written by the processor."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.machine = StateMachine(WORDS, WRAP_TARGET, WRAP, CLOCK_HZ // GRID_HZ)

    def _run(self) -> None:
        self.machine.run(self._bench.clocks)

    def put(self, word: int) -> None:
        self._run()
        self.machine.put(word)

    def take(self) -> int:
        return self.machine.receive.popleft()

    def pending(self) -> int:
        self._run()
        return len(self.machine.transmit)

    def waiting(self) -> int:
        self._run()
        return len(self.machine.receive)

    def pulses(self) -> int:
        self._run()
        return len(self.machine.rising)


class Bench:
    """The hardware around a Pico, in virtual time; see fakes/machine.py."""

    def __init__(self, fakes: types.SimpleNamespace) -> None:
        self.now_us = 1_500_000  # starting took so long
        self.end_us = 0
        self.stalls: dict[int, int] = {}
        self.grid_us: int | None = None
        self.cause = fakes.machine.PWRON_RESET
        self.jumper = False
        self.parts = {0x68, 0x5C}
        self.settings: dict[tuple[int, int], int] = {}  # of parts, by address and register
        self.dips: set[int] = set()  # when the parts lose them
        self.held = 0  # clocks for which a part still holds the bus
        self.dead: set[int] = set()  # cameras
        self.levels: dict[int, int] = {}
        self.sent = bytearray()
        self.coming = bytearray()
        self.fed_us: int | None = None
        self.watchdog_bites = fakes.machine.Restarted
        self._reads = 0
        self._fakes = fakes
        self.connect()

    def connect(self) -> None:
        """State machines as after a reset."""
        self.behind = {n: Behind(self) for n in range(8)}
        self._fakes.rp2.MACHINES.clear()
        self._fakes.rp2.MACHINES.update(self.behind)

    def reset(self) -> None:
        """The watchdog has bitten, and MicroPython starts anew."""
        self._fakes.machine.forget()
        self.cause = self._fakes.machine.WDT_RESET
        self.fed_us = self.grid_us = None
        self.now_us += 1_500_000
        self.connect()

    @property
    def clocks(self) -> int:
        """Of the system clock since the grid began."""
        since = 0 if self.grid_us is None else self.now_us - self.grid_us
        return since * CLOCK_HZ // 1_000_000

    def ticks_us(self) -> int:
        self.now_us += US_PER_LOOK
        if self.fed_us is not None and self.now_us - self.fed_us > 1_000_000:
            raise self.watchdog_bites("watchdog")
        if self.end_us and self.now_us >= self.end_us:
            raise KeyboardInterrupt
        ticks: int = self.now_us & ((1 << 30) - 1)
        return ticks

    def fed(self) -> None:
        self.fed_us = self.now_us

    def grid(self, counter: int) -> None:
        self.grid_us = self.now_us - counter * 100_000 // 64_000

    def pin(self, gpio: int) -> int | None:
        if gpio == 28:
            return 0 if self.jumper else None
        if gpio == 4:
            return 0 if self.held else 1
        return 1  # recording

    def drive(self, gpio: int, level: int) -> None:
        if gpio == 5 and level and not self.levels.get(gpio, 1):
            self.held = max(self.held - 1, 0)
        self.levels[gpio] = level

    def analog(self, channel: int) -> int:
        # 5.0 V by a third; 27 degC.
        return {29: round(5.0 / 3 / 3.3 * 65535), 4: round(0.706 / 3.3 * 65535)}[channel]

    def counter(self, slice_number: int) -> int:
        camera = {1: 0, 4: 1, 5: 2, 6: 3, 7: 4}[slice_number]
        if camera in self.dead:
            return 0
        return self.behind[camera].pulses() & 0xFFFF

    def i2c_read(self, address: int, register: int, buffer: bytearray) -> None:
        self.now_us += 100
        for at in [at for at in self.stalls if at <= self.now_us]:
            self.now_us += self.stalls.pop(at)
        for at in [at for at in self.dips if at <= self.now_us]:
            self.dips.remove(at)
            self.settings.clear()
        if address not in self.parts:
            raise OSError(5)
        self._reads += 1
        answers = {
            (0x68, 0x75): 0x68,
            (0x68, 0x1C): self.settings.get((0x68, 0x1C), 0),
            (0x5C, 0x0F): 0xB1,
            (0x5C, 0x27): self._reads & 1,
        }
        if (address, register) in answers:
            buffer[0] = answers[address, register]
        elif register == 0x3B:
            raw = (2048 + self._reads % 3, self._reads % 2, 0, 0, 0, 0, self._reads % 5)
            buffer[:] = b"".join(v.to_bytes(2, "big", signed=True) for v in raw)
        elif register == 0x28:
            buffer[:] = (1000 * 4096 + self._reads % 7).to_bytes(3, "little")

    def i2c_write(self, address: int, buffer: bytes) -> None:
        self.now_us += 100
        if address not in self.parts:
            raise OSError(5)
        self.settings[address, buffer[0]] = buffer[1]

    def uart_sent(self, octets: bytes) -> None:
        self.sent += octets

    def uart_received(self) -> int:
        return self.coming.pop(0) if self.coming else -1


class Locks:
    """The heap lock, counted; it cannot be tested here: see the test on MicroPython."""

    depth = 0

    def heap_lock(self) -> int:
        self.depth += 1
        return self.depth

    def heap_unlock(self) -> int:
        assert self.depth, "not locked"
        self.depth -= 1
        return self.depth


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[types.SimpleNamespace]:
    """machine, rp2 and the like in place, and boards.pico imported anew onto them."""
    mine = [name for name in sys.modules if name.startswith(("boards.pico", "machine", "rp2"))]
    for name in mine:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(FAKES))
    retained = bytearray(RETAINED)
    locks = Locks()
    stub: dict[str, Any] = {
        "uctypes": types.SimpleNamespace(bytearray_at=lambda address, size: retained),
        "micropython": types.SimpleNamespace(
            heap_lock=locks.heap_lock,
            heap_unlock=locks.heap_unlock,
            alloc_emergency_exception_buf=lambda size: None,
            kbd_intr=lambda octet: None,
        ),
    }
    for name, module in stub.items():
        monkeypatch.setitem(sys.modules, name, module)
    import machine  # type: ignore[import-not-found]
    import rp2  # type: ignore[import-not-found]

    found = types.SimpleNamespace(machine=machine, rp2=rp2, locks=locks, usb=io.BytesIO())
    machine.forget()
    rp2.MACHINES.clear()
    found.bench = Bench(found)
    machine.HARDWARE = found.bench
    monkeypatch.setattr(time, "ticks_us", lambda: found.bench.ticks_us(), raising=False)  # noqa: PLW0108 - a test replaces it
    monkeypatch.setattr(gc, "mem_free", lambda: 50_000, raising=False)
    found.typed = typed = io.BytesIO()

    class Poll:
        def register(self, stream: object, event: int) -> None:
            self.event = event

        def unregister(self, stream: object) -> None:
            self.event = 0

        def ipoll(self, timeout: int) -> Iterator[tuple[object, int]]:
            if self.event == select.POLLOUT or typed.tell() < len(typed.getvalue()):
                yield (None, self.event)

    monkeypatch.setattr(select, "poll", Poll)

    class Reader:
        def readinto(self, buffer: bytearray, n: int) -> int:
            octets = typed.read(n)
            buffer[: len(octets)] = octets
            return len(octets)

    class Writer:
        def write(self, buffer: bytes, n: int | None = None) -> int:
            written: int = found.usb.write(bytes(buffer[:n]))
            return written

    (tmp_path / "mission").write_text(MISSION + "\n")
    import boards.pico.flight
    import boards.pico.radio

    streams = types.SimpleNamespace(
        stdin=types.SimpleNamespace(buffer=Reader()), stdout=types.SimpleNamespace(buffer=Writer())
    )
    monkeypatch.setattr(boards.pico.flight, "sys", streams)
    monkeypatch.setattr(boards.pico.radio, "sys", streams)
    monkeypatch.setattr(boards.pico.flight, "MISSION_FILE", str(tmp_path / "mission"))
    found.flight = boards.pico.flight
    yield found
    for name in [name for name in sys.modules if name.startswith("boards.pico")]:
        del sys.modules[name]


def fly(fakes: types.SimpleNamespace, seconds: float, board: str = "pico") -> Decoded:
    """From power-on to Ctrl-C; what the UART got."""
    chip = importlib.import_module(f"boards.{board}.chip")
    bench = fakes.bench
    bench.end_us = bench.now_us + round(seconds * 1e6)
    with pytest.raises(KeyboardInterrupt):
        fakes.flight.main(chip)
    assert fakes.locks.depth == 0
    return decode.decode(bytes(bench.sent), dictionary.load(MISSION))


def reports(decoded: Decoded) -> list[str]:
    return [row["name"] for row in decoded.events.to_pylist()]


def last(decoded: Decoded, packet: str) -> dict[str, Any]:
    row: dict[str, Any] = decoded.tables[packet].to_pylist()[-1]
    return row


@pytest.mark.parametrize("board", BOARDS)
def test_it_boots_tests_itself_and_films_on_the_pad(
    fakes: types.SimpleNamespace, board: str
) -> None:
    decoded = fly(fakes, 20, board)
    assert reports(decoded)[:2] == ["BOOTED", "SELF_TEST_PASSED"]
    assert decoded.report.packets_missing == 0
    row = last(decoded, "CAM")
    for n in range(3):
        assert row[f"CAM{n}_TRIGGERED"] > 10
        assert row[f"CAM{n}_TRIGGERED"] - row[f"CAM{n}_CONFIRMED"] <= 1
        assert row[f"CAM{n}_MISSED"] == 0
    assert last(decoded, "HK")["UPLINK_MODE"] == "BENCH"
    assert last(decoded, "HK")["BUS_VOLTAGE"] == pytest.approx(5.0, abs=0.02)
    assert last(decoded, "HK")["BOARD_TEMPERATURE"] == pytest.approx(27, abs=0.5)
    assert last(decoded, "BARO")["BARO_PRESSURE"] == pytest.approx(100000, abs=1)
    assert "TRIGGER_FAULT" not in reports(decoded)


def test_a_camera_without_a_pin_is_said_once_and_never_triggered_nor_doubted(
    fakes: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from boards.pico import pins

    monkeypatch.delitem(pins.GPIO, "TRIGGER_1")
    decoded = fly(fakes, 20)
    assert reports(decoded)[:2] == ["BOOTED", "SELF_TEST_FAILED"]
    assert decoded.events["text"].to_pylist()[1].endswith("self-test: PINS")
    row = last(decoded, "CAM")
    assert row["CAM1_TRIGGERED"] == row["CAM1_MISSED"] == 0
    assert min(row["CAM0_CONFIRMED"], row["CAM2_CONFIRMED"]) > 10
    assert not {"TRIGGER_FAULT", "CAMERA_SILENT"} & set(reports(decoded))


def test_what_a_mission_has_and_the_pin_map_has_not_is_named() -> None:
    from boards.pico.pins import unwired

    drop, mars = missions.load("droptest"), missions.load("mars2020")
    assert unwired(drop.CAMERAS, drop.OUTPUTS) == []
    assert unwired(mars.CAMERAS, mars.OUTPUTS) == [*mars.CAMERAS[5:], *mars.OUTPUTS[2:]]


@pytest.mark.parametrize(("interleave", "length"), [(1, CADU_LENGTH), (1, 259), (5, 1279)])
def test_a_frame_goes_to_a_full_uart_whole_or_not_at_all(
    fakes: types.SimpleNamespace, interleave: int, length: int
) -> None:
    from boards.pico.radio import Radio

    radio = Radio(interleave)
    frame = bytes(length)
    takes_us = length * 10 * 1000000 // 115200
    for _ in range(200):  # four in the time that one takes
        radio.send(frame)
        fakes.bench.now_us += takes_us // 4
    sent = len(fakes.bench.sent) // length
    assert len(fakes.bench.sent) % length == 0
    assert sent + radio.dropped == 200
    assert 49 <= sent <= 56


def test_an_inertial_unit_that_lost_its_settings_gets_them_again(
    fakes: types.SimpleNamespace,
) -> None:
    fakes.bench.dips = {fakes.bench.now_us + 10_000_000}
    decoded = fly(fakes, 20)
    assert fakes.bench.settings[0x68, 0x1C] == 0x18
    assert not fakes.bench.dips
    assert last(decoded, "SENSORS")["IMU_STATUS"] == "VALID"


def test_a_part_that_holds_the_bus_is_clocked_free(fakes: types.SimpleNamespace) -> None:
    fakes.bench.held = 5
    fly(fakes, 2)
    assert fakes.bench.held == 0


def test_minor_frames_keep_the_time_of_the_crystal(fakes: types.SimpleNamespace) -> None:
    decoded = fly(fakes, 30)
    hk = decoded.tables["HK"].to_pylist()
    assert hk[-1]["OVERRUNS"] == 0
    assert fakes.bench.now_us - fakes.bench.grid_us == pytest.approx(
        hk[-1]["FRAME_COUNT"] * 15625, abs=2_000_000
    )
    begun = fakes.bench.behind[2].machine.rising  # the microphone, from two seconds on
    assert all((b - a) * 16 == CLOCK_HZ for a, b in pairwise(begun))


def test_pulses_go_on_through_a_stall_and_time_is_made_up(fakes: types.SimpleNamespace) -> None:
    fakes.bench.stalls = {fakes.bench.now_us + 12_000_000: 700_000}
    decoded = fly(fakes, 20)
    assert "OVERRUN" in reports(decoded)
    assert "TRIGGER_FAULT" not in reports(decoded)
    row = last(decoded, "CAM")
    assert row["CAM2_MISSED"] == 0
    assert row["CAM2_TRIGGERED"] == pytest.approx(16 * 17, abs=20)


def test_a_part_that_does_not_answer_is_named_at_boot_and_in_flight(
    fakes: types.SimpleNamespace,
) -> None:
    fakes.bench.parts.discard(0x68)
    decoded = fly(fakes, 5)
    texts = [row["text"] for row in decoded.events.to_pylist()]
    assert any("self-test: INERTIAL_UNIT" in text for text in texts)
    assert "CHECK_FAILED" in reports(decoded)
    assert last(decoded, "SENSORS")["IMU_STATUS"] == "NONE"


def test_a_part_that_comes_back_is_set_up_and_believed_again(
    fakes: types.SimpleNamespace,
) -> None:
    bench = fakes.bench
    ticks = bench.ticks_us
    unplugged, plugged = bench.now_us + 3_000_000, bench.now_us + 5_000_000

    def watched() -> int:
        bench.parts = {0x68, 0x5C} if not unplugged < bench.now_us < plugged else {0x5C}
        return int(ticks())

    bench.ticks_us = watched
    decoded = fly(fakes, 10)
    assert "CHECK_FAILED" in reports(decoded)
    assert last(decoded, "SENSORS")["IMU_STATUS"] == "VALID"


def test_a_dead_camera_is_named_within_a_second_and_disturbs_no_other(
    fakes: types.SimpleNamespace,
) -> None:
    fakes.bench.dead = {1}
    decoded = fly(fakes, 20)
    named = [row for row in decoded.events.to_pylist() if row["name"] == "CAMERA_SILENT"]
    assert len(named) == 1
    assert "CAM_DOWN" in named[0]["text"]
    first_pulse_s = fakes.bench.behind[1].machine.rising[0] / CLOCK_HZ
    silent_s = named[0]["time_from_ei_s"] + fakes.flight._BEFORE_TIME_ZERO_S
    assert 0 < silent_s - first_pulse_s <= 1
    assert last(decoded, "CAM")["CAM0_MISSED"] == 0


def test_commands_are_taken_on_the_bench_only(fakes: types.SimpleNamespace) -> None:
    fakes.bench.coming += b"\x11garbage\x00" + telecommand("NO_OP", {})
    decoded = fly(fakes, 3)
    assert "COMMAND_DONE" in reports(decoded)


def test_commands_are_not_taken_with_the_arming_jumper_fitted(
    fakes: types.SimpleNamespace,
) -> None:
    fakes.bench.jumper = True
    fakes.bench.coming += telecommand("NO_OP", {})
    decoded = fly(fakes, 3)
    assert "COMMAND_DONE" not in reports(decoded)
    assert last(decoded, "HK")["UPLINK_MODE"] == "CLOSED"


def test_ctrl_c_leaves_outputs_off_and_the_watchdog_asleep(fakes: types.SimpleNamespace) -> None:
    fly(fakes, 3)
    assert fakes.bench.levels[7] == fakes.bench.levels[8] == 0
    assert not fakes.machine.mem32[0x40058000] & 1 << 30


def test_another_end_of_the_flight_leaves_the_watchdog_awake(
    fakes: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from boards.pico import chip
    from boards.pico.board import Board

    def broken(self: object, cvt: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Board, "show", broken)
    with pytest.raises(MemoryError):
        fakes.flight.main(chip)
    assert fakes.machine.mem32[0x40058000] & 1 << 30
    assert fakes.bench.levels[7] == fakes.bench.levels[8] == 0


def test_outputs_are_driven_with_the_jumper_fitted_only(fakes: types.SimpleNamespace) -> None:
    from boards.pico import chip
    from boards.pico.board import Board

    fakes.machine.freq(CLOCK_HZ)
    board = Board(chip, missions.load(MISSION))
    board.drive_outputs(0b11)
    assert fakes.bench.levels[7] == fakes.bench.levels[8] == 0
    fakes.bench.jumper = True
    board.drive_outputs(0b11)
    assert fakes.bench.levels[7] == fakes.bench.levels[8] == 1


def test_a_flight_goes_on_after_the_watchdog_with_its_cameras(
    fakes: types.SimpleNamespace,
) -> None:
    fakes.bench.stalls = {fakes.bench.now_us + 12_345_000: 1_500_000}
    with pytest.raises(fakes.machine.Restarted):
        fly(fakes, 20)
    before = decode.decode(bytes(fakes.bench.sent), dictionary.load(MISSION))
    fakes.bench.reset()
    decoded = fly(fakes, 10)
    assert reports(decoded).count("BOOTED") == 2
    assert "RESUMED" in reports(decoded)
    assert "TRIGGER_FAULT" not in reports(decoded)
    row = last(decoded, "CAM")
    counted = row["CAM2_TRIGGERED"] - last(before, "CAM")["CAM2_TRIGGERED"]
    assert counted == pytest.approx(16 * 10, abs=24)
    assert row["CAM2_MISSED"] <= 2
    edges = list(fakes.bench.behind[2].machine.rising)
    assert all((b - a) * 16 == CLOCK_HZ for a, b in pairwise(edges))


def test_a_flight_that_hangs_is_restarted_by_the_watchdog(fakes: types.SimpleNamespace) -> None:
    from boards.pico import chip

    fakes.bench.stalls = {fakes.bench.now_us + 3_000_000: 1_500_000}
    with pytest.raises(fakes.machine.Restarted):
        fakes.flight.main(chip)


def test_the_same_comes_over_usb(fakes: types.SimpleNamespace) -> None:
    decoded = fly(fakes, 10)
    over_usb = decode.decode(fakes.usb.getvalue(), dictionary.load(MISSION))
    assert over_usb.report.frames_good >= decoded.report.frames_good - 1


def test_the_simulation_link_on_usb_turns_it_into_a_simulation(
    fakes: types.SimpleNamespace,
) -> None:
    from boards import simlink
    from boards.pico import chip
    from gse.lockstep import Begin, message

    begin = Begin("mars2020", missions.load("mars2020").EI_SCLK, 4)
    fakes.typed.write(message(simlink.BEGIN, begin.payload()) + message(simlink.QUIT, b""))
    fakes.typed.seek(0)
    with pytest.raises(fakes.machine.Restarted):
        fakes.flight.main(chip)
    assert simlink.MAGIC_0.to_bytes(1, "big") in fakes.usb.getvalue()
    assert fakes.bench.levels[7] == fakes.bench.levels[8] == 0


def test_misuse_of_a_pin_is_found(fakes: types.SimpleNamespace) -> None:
    fakes.machine.Pin(7, fakes.machine.Pin.OUT)
    with pytest.raises(fakes.machine.Misuse):
        fakes.machine.Pin(7, fakes.machine.Pin.IN)
    with pytest.raises(fakes.machine.Misuse):
        fakes.machine.mem32[0x40000000] = 1


def test_the_pin_map_works_and_a_wrong_one_is_explained() -> None:
    from boards.pico.pins import PINS, problems

    assert problems(PINS) == []
    moved = tuple(("FEEDBACK_0", 6, "") if row[0] == "FEEDBACK_0" else row for row in PINS)
    found = " ".join(problems(moved))
    assert "GP6 is even" in found
    assert "share GP6" in found
    assert "share PWM slice 3" in found


@pytest.fixture
def key_on_board(
    fakes: types.SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The directory of the board's files, with a key new to it."""
    import boards.pico.board
    import boards.pico.key
    from fsw.link import sha256

    monkeypatch.setitem(
        sys.modules, "boards.viper.sha256", types.SimpleNamespace(rounds=sha256.rounds)
    )
    for name, contents in board_key.files(KEY, {}).items():
        (tmp_path / name).write_bytes(contents)
    monkeypatch.setattr(boards.pico.key, "KEY_FILE", str(tmp_path / board_key.KEY_FILE))
    monkeypatch.setattr(boards.pico.key, "NEW_FILE", str(tmp_path / board_key.NEW_FILE))
    monkeypatch.setattr(boards.pico.board.Board, "flash", Flash(FLASH_SECTORS))
    return tmp_path


def authentic(number: int, key: Key = KEY) -> bytes:
    """NO_OP, as who has the key sends it."""
    security = Security(key, Numbers(number - 1), missions.load(MISSION).SPACECRAFT_ID, 0)
    return cltu.encode(security.protect(Frame(Kind.BD, telecommand("NO_OP", {}))))


def test_with_a_key_on_it_only_who_has_the_key_commands_it(
    fakes: types.SimpleNamespace, key_on_board: Path
) -> None:
    fakes.bench.jumper = True
    fakes.bench.coming += telecommand("NO_OP", {}) + authentic(1, Key(KEY.identifier, bytes(32)))
    fakes.bench.coming += authentic(2) + authentic(2)
    decoded = fly(fakes, 12)
    assert reports(decoded).count("COMMAND_DONE") == 1
    assert last(decoded, "HK")["UPLINK_MODE"] == "AUTHENTICATED"
    uplink = last(decoded, "UPLINK")
    assert (uplink["TC_FORGED"], uplink["TC_REPLAYED"], uplink["TC_NUMBER"]) == (1, 1, 2)
    assert not (key_on_board / board_key.NEW_FILE).exists()


def test_a_key_is_new_once(fakes: types.SimpleNamespace, key_on_board: Path) -> None:
    from boards.pico.board import Board
    from boards.pico.key import command_key

    fakes.bench.coming += authentic(1)
    assert "COMMAND_DONE" in reports(fly(fakes, 3))
    made = command_key(Board.flash)
    used = AntiReplay(made[2], made[1])
    assert used.last >= 1
    stale = hashlib.sha256(b"another key's").digest()
    (key_on_board / board_key.NEW_FILE).write_bytes(stale)
    made = command_key(Board.flash)
    assert AntiReplay(made[2], made[1]).last == used.last


def test_a_board_with_flash_records_and_plays_back(
    fakes: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boards.pico.board

    monkeypatch.setattr(boards.pico.board.Board, "flash", Flash(FLASH_SECTORS + 40))
    counts = {"apid": 0, "from": 0, "until": (1 << 30) - 1}
    fakes.bench.coming += telecommand("PLAYBACK_TIME", counts)
    decoded = fly(fakes, 20)
    assert "RECORDER_READY" in reports(decoded)
    assert last(decoded, "RECORDER")["RECORDER_STATE"] == "RECORDING"
    assert decoded.report.packets_played_back > 3
    assert decoded.report.packets_duplicate > 3


@pytest.mark.parametrize("fault", ["damaged", "empty", "no flash"])
def test_a_key_that_cannot_be_used_lets_nobody_in(
    fakes: types.SimpleNamespace, key_on_board: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boards.pico.board

    file = key_on_board / board_key.KEY_FILE
    if fault == "no flash":
        monkeypatch.setattr(boards.pico.board.Board, "flash", None)
    else:
        file.write_bytes(b"" if fault == "empty" else file.read_bytes()[:-1] + b"?")
    fakes.bench.coming += authentic(1) + telecommand("NO_OP", {})
    decoded = fly(fakes, 10)
    assert "COMMAND_DONE" not in reports(decoded)
    assert last(decoded, "UPLINK")["TC_NO_KEY"] == 1
    assert last(decoded, "HK")["UPLINK_MODE"] == "AUTHENTICATED"


FLY_LOCKED = """
import sys
class Time:
    now = 0
    def ticks_us():
        Time.now = (Time.now + 20) & 0x3FFFFFFF
        return Time.now
sys.modules["time"] = Time
import machine
machine.freq(144000000)
from boards.pico import chip
from boards.pico.flight import Flight, fly_locked
from fsw import missions
class Chip:
    PWM = chip.PWM
    WATCHDOG_CONTROL = chip.WATCHDOG_CONTROL
    SCRATCH_RAM = 0
    FILES = True
import uctypes
retained = bytearray(2048)
Chip.SCRATCH_RAM = uctypes.addressof(retained)
flight = Flight(Chip, missions.load("droptest"))
frames = [0]
show = flight.board.show
def counted(cvt):
    show(cvt)
    frames[0] += 1
    if frames[0] == 64 * 4:
        raise KeyboardInterrupt
flight.board.show = counted
flight.start()
try:
    fly_locked(flight)
except KeyboardInterrupt:
    pass
sys.stderr.write("flown %d" % frames[0])
"""


# With a key, in place of the imports' line: what comes up the radio is in OCTETS.
WITH_A_KEY = """
from boards.host.flash import Flash
from boards.pico import board, key
key.KEY_FILE, key.NEW_FILE = FILES
board.Board.flash = Flash(48)
class Radio(machine.Hardware):
    def __init__(self):
        self.at = 0
    def uart_received(self):
        self.at += 1
        return OCTETS[self.at - 1] if self.at <= len(OCTETS) else -1
machine.HARDWARE = Radio()
class Chip:
"""


def test_authenticated_commands_on_micropython_touch_no_heap(tmp_path: Path) -> None:
    for name, contents in board_key.files(KEY, {}).items():
        (tmp_path / name).write_bytes(contents)
    names = [str(tmp_path / name) for name in (board_key.KEY_FILE, board_key.NEW_FILE)]
    octets = b"".join(authentic(number) for number in (1, 2, 2))
    program = f"FILES = {names!r}\nOCTETS = {octets!r}\n"
    program += FLY_LOCKED.replace("class Chip:\n", WITH_A_KEY).replace("64 * 4", "64 * 10")
    decoded = flown_locked(tmp_path, program, 640)
    assert reports(decoded).count("COMMAND_DONE") == 2
    assert last(decoded, "UPLINK")["TC_REPLAYED"] == 1


def test_four_seconds_on_micropython_touch_no_heap(tmp_path: Path) -> None:
    assert flown_locked(tmp_path, FLY_LOCKED, 256).report.frames_good > 3


def flown_locked(tmp_path: Path, program: str, frames: int) -> Decoded:
    """What came down of a flight on MicroPython with its heap locked."""
    (tmp_path / "fly.py").write_text(program)
    done = subprocess.run(
        [micropython(), tmp_path / "fly.py"],
        env=os.environ | {"MICROPYPATH": f"{FAKES}:{TREE}"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
    assert done.stderr == f"flown {frames}".encode(), done.stdout[-500:]
    return decode.decode(done.stdout, dictionary.load(MISSION))
