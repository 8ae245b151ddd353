"""Does flashing end with files and telemetry, or with one sentence and a bootable board?"""

from __future__ import annotations

import os
import pty
import shutil
import struct
import subprocess
import tty
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from littlefs import LittleFS
from mpremote.transport_serial import SerialTransport
from serial.tools import list_ports

from boards.pico.pins import PINS
from fsw import missions
from fsw.dictionary import channels, flown, parameters
from fsw.dictionary.index import fingerprint, parameter_fingerprint
from fsw.link import tables
from fsw.nav import atmosphere
from gse import cli
from gse.commands import flash as flash_command
from gse.commands import image as image_command
from gse.deploy import flash, image
from gse.deploy import key as board_key
from gse.deploy.boards import BOARDS, PAGE, SECTOR, Board
from gse.deploy.build import MAIN, build, for_board
from gse.deploy.constants import inline, needed
from gse.errors import UserError
from gse.fly import begin_of
from gse.keys import Key
from gse.lockstep import Actuators, SensorMessages
from gse.sim.worlds import world_for
from gse.targets import TREE, InProcess, MicroPython, micropython
from gse.uplink import telecommand
from tests.descent import quiet

FAKES = Path(__file__).parent / "fakes"
PICO = BOARDS["pico"]
MISSION = "droptest"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return build(PICO, MISSION)


@contextmanager
def plugged_in(storage: Path, machine: str = PICO.machine) -> Iterator[str]:
    """A Pico at its prompt, with this flash; the name of its port."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    process = subprocess.Popen(
        [micropython(), FAKES / "prompt.py", storage, FAKES, machine],
        stdin=master,
        stdout=master,
        stderr=subprocess.PIPE,
        env=os.environ | {"MICROPYPATH": ""},
    )
    try:
        yield os.ttyname(slave)
    finally:
        process.kill()
        process.communicate()
        os.close(master)
        os.close(slave)


def on_board(storage: Path) -> dict[str, bytes]:
    """What a board would read."""
    mounted = LittleFS(
        block_size=SECTOR,
        block_count=PICO.storage_octets // SECTOR,
        prog_size=PAGE,
        mount=False,
    )
    mounted.context.buffer = bytearray(storage.read_bytes())
    mounted.mount()
    found = {}
    for root, _, names in mounted.walk("/"):
        for name in names:
            path = f"{root.rstrip('/')}/{name}"
            with mounted.open(path, "rb") as file:
                found[path[1:]] = file.read()
    return found


def put(port: str, files: dict[str, bytes], board: Board = PICO) -> tuple[int, int]:
    with flash.prompt(port) as transport:
        free = flash.check(transport, board)
        return flash.copy(transport, files, free, quiet)


@pytest.fixture(scope="module")
def flashed(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flash of a board that was new."""
    storage: Path = tmp_path_factory.mktemp("board") / "flash"
    with plugged_in(storage) as port:
        assert put(port, files) == (len(files), 0)
    return storage


def test_a_new_board_gets_every_file_and_a_flashed_one_none(
    files: dict[str, bytes], flashed: Path
) -> None:
    assert on_board(flashed) == files
    with plugged_in(flashed) as port:
        assert put(port, files) == (0, 0)


def test_only_what_differs_is_copied_and_what_is_stale_removed(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    some = {path: files[path] for path in list(files)[:6]} | {MAIN: files[MAIN]}
    old = some | {"fsw/gone.mpy": b"old", "mission": b"mars2020\n", "mine.txt": b"kept"}
    new = some | {"mission": b"droptest\n"}
    with plugged_in(tmp_path / "flash") as port:
        put(port, old)
        assert put(port, new) == (2, 1)  # the mission, and main.py last as always
    assert on_board(tmp_path / "flash") == new | {"mine.txt": b"kept"}


def test_a_board_unplugged_at_any_moment_is_bootable_and_is_flashed_by_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = tmp_path / "flash"
    names = ("fsw/a.mpy", "boards/b.mpy", "mission", MAIN)
    write = SerialTransport.fs_writefile
    for first in range(len(names)):
        old = dict.fromkeys(names, b"old" * 99)
        new = {name: f"new {first} of {name}".encode() for name in names}
        left = iter(range(first))

        def unplugged(
            self: SerialTransport, path: str, data: bytes, left: Iterator[int] = left
        ) -> None:
            if next(left, None) is None:
                raise OSError(5, "Input/output error")
            write(self, path, data)

        with plugged_in(storage) as port:
            put(port, old)
        with plugged_in(storage) as port, monkeypatch.context() as patch:
            patch.setattr(SerialTransport, "fs_writefile", unplugged)
            with pytest.raises(UserError, match="went away: plug it in and run the same"):
                put(port, new)
        assert MAIN not in on_board(storage), "what it needs may be missing"
        with plugged_in(storage) as port:
            put(port, new)
        assert on_board(storage) == new


def test_a_file_that_arrived_damaged_is_found(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = SerialTransport.fs_writefile

    def damaged(self: SerialTransport, path: str, data: bytes) -> None:
        write(self, path, data[:-1] + b"?" if path == "mission" else data)

    some = {path: files[path] for path in list(files)[:3]} | {"mission": b"droptest\n"}
    monkeypatch.setattr(SerialTransport, "fs_writefile", damaged)
    with (
        plugged_in(tmp_path / "flash") as port,
        pytest.raises(UserError, match="mission is not on the board as it was sent"),
    ):
        put(port, some | {MAIN: files[MAIN]})
    assert MAIN not in on_board(tmp_path / "flash")


def test_a_key_is_new_to_the_board_until_it_has_it(files: dict[str, bytes], tmp_path: Path) -> None:
    """Flashed again, a key's numbers go on; flashed without one, the board keeps what it has."""
    storage = tmp_path / "flash"
    some = {path: files[path] for path in list(files)[:3]} | {MAIN: files[MAIN]}
    first, second = Key(7, bytes(range(32))), Key(7, bytes(32))

    def with_key(key: Key) -> list[str]:
        with plugged_in(storage) as port:
            with flash.prompt(port) as transport:
                ours = board_key.files(key, flash.survey(transport))
            put(port, ours | some)
        assert on_board(storage)[board_key.KEY_FILE] == ours[board_key.KEY_FILE]
        return list(ours)

    assert with_key(first) == [board_key.NEW_FILE, board_key.KEY_FILE]
    assert with_key(first) == [board_key.KEY_FILE]
    with plugged_in(storage) as port:
        assert put(port, some) == (0, 0)
    assert board_key.KEY_FILE in on_board(storage)
    assert with_key(second) == [board_key.NEW_FILE, board_key.KEY_FILE]


def test_another_board_is_refused_before_anything_is_touched(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    with (
        plugged_in(tmp_path / "flash", "Raspberry Pi Pico2 with RP2350") as port,
        pytest.raises(UserError, match="not a Raspberry Pi Pico: name the board with --board"),
    ):
        put(port, files)
    assert on_board(tmp_path / "flash") == {}


def test_too_little_space_is_said_with_what_is_needed(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    with (
        plugged_in(tmp_path / "flash") as port,
        pytest.raises(UserError, match="octets are to be copied and"),
    ):
        put(port, files | {"fsw/large.mpy": b"x" * PICO.storage_octets})
    assert on_board(tmp_path / "flash") == {}


def test_something_else_on_the_port_is_no_micropython(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flash, "_ANSWER_S", 1.0)
    master, slave = pty.openpty()
    os.write(master, b"$GPGGA,123519,4807.038,N\r\n" * 10)
    with (
        pytest.raises(UserError, match="no MicroPython answers on"),
        flash.prompt(os.ttyname(slave)),
    ):
        pass
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("plugged", "says"),
    [
        ([], "no board found: plug it in"),
        ([("/dev/ttyUSB0", 0x0403, 0x6001)], "no board found: plug it in"),
        ([("/dev/ttyACM0", 0x2E8A, 0x0003)], "the board has no MicroPython: copy its UF2"),
        (
            [("/dev/ttyACM0", 0x2E8A, 0x0005), ("/dev/ttyACM1", 0x2E8A, 0x0005)],
            "several boards are plugged in: name one with --port /dev/ttyACM0",
        ),
    ],
)
def test_what_is_plugged_in_instead_of_one_board_is_one_sentence(
    plugged: list[tuple[str, int, int]], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = [SimpleNamespace(device=device, vid=vid, pid=pid) for device, vid, pid in plugged]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    done = CliRunner().invoke(flash_command.command, [], catch_exceptions=True)
    assert isinstance(done.exception, UserError)
    assert says in str(done.exception)


def test_the_one_board_that_is_plugged_in_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [
        SimpleNamespace(device="/dev/ttyUSB0", vid=0x0403, pid=0x6001),
        SimpleNamespace(device="/dev/ttyS0", vid=None, pid=None),
        SimpleNamespace(device="/dev/ttyACM1", vid=0x2E8A, pid=0x0005),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    assert flash.find_port() == "/dev/ttyACM1"


def test_no_port_is_one_sentence() -> None:
    with pytest.raises(UserError, match="cannot open /dev/ttyNONE"), flash.prompt("/dev/ttyNONE"):
        pass


def test_after_flashing_the_board_restarts_and_sends_telemetry(
    flashed: Path, tmp_path: Path
) -> None:
    """The compiled files that were copied fly, on fakes of machine and rp2."""
    shutil.copy(flashed, tmp_path / "flash")
    with plugged_in(tmp_path / "flash") as port, flash.prompt(port) as transport:
        flash.restart(transport)
        verdict = flash.first_frame(transport.serial, MISSION)
    assert "verified" in verdict


def test_the_image_holds_the_files_where_the_board_looks_for_them(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    blocks = image.uf2(PICO, image.file_system(PICO, files))
    assert len(blocks) % 512 == 0
    storage = bytearray(b"\xff" * PICO.storage_octets)
    count = len(blocks) // 512
    for number in range(count):
        block = blocks[512 * number : 512 * (number + 1)]
        head = struct.unpack_from("<8I", block)
        assert head[:2] == (0x0A324655, 0x9E5D5157)
        assert head[2:] == (0x2000, head[3], 256, number, count, 0xE48BFF56)
        assert block[-4:] == struct.pack("<I", 0x0AB16F30)
        at = head[3] - 0x100A0000
        storage[at : at + 256] = block[32:288]
    (tmp_path / "flash").write_bytes(storage)
    assert on_board(tmp_path / "flash") == files
    with plugged_in(tmp_path / "flash") as port:  # MicroPython's own LittleFS
        assert put(port, files) == (0, 0)


@pytest.mark.parametrize("name", BOARDS)
def test_every_file_compiles_for_a_board_the_same_each_time(
    name: str, files: dict[str, bytes]
) -> None:
    built = build(BOARDS[name], MISSION)
    assert built == (files if name == PICO.name else build(BOARDS[name], MISSION))
    assert f"boards/{name}/chip.mpy" in built
    assert "fsw/app.mpy" in built


def test_what_is_compiled_for_a_board_flies_as_the_sources_do(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    for path, contents in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(contents)
    host = "boards/host"
    shutil.copytree(TREE / host, tmp_path / host)
    for source in (tmp_path / host).glob("*.py"):  # the compiled files have no names of constants
        source.write_text(inline(f"{host}/{source.name}", source.read_text()))
    world = world_for(MISSION, seed=1)
    begin = begin_of(MISSION, world)
    actuators, sensors = Actuators(), SensorMessages()
    with (
        closing(MicroPython(lock_heap=True, tree=tmp_path)) as compiled,
        closing(InProcess()) as ours,
    ):
        assert compiled.begin(begin).fingerprint == ours.begin(begin).fingerprint
        for frame in range(64 * 20):
            uplink = telecommand("PARAMETER_DUMP", {}) if frame == 64 else b""
            message = sensors.build(world.sensor_counts(), uplink)
            answer = ours.exchange(message)
            assert compiled.exchange(message) == answer
            world.step(actuators.parse(answer)[0])


@pytest.mark.parametrize(
    ("source", "compiled"),
    [
        (
            "_A = 5\nB = _A + 1\ndef f(): return _A + B\n",
            "B = 6\n\ndef f():\n    return 5 + 6\n",
        ),
        ("_A = 5\ndef f(_A): return _A\n", "_A = 5\n\ndef f(_A):\n    return _A\n"),
        ("_A = 5\n_A = 6\nx = _A\n", "_A = 5\n_A = 6\nx = _A\n"),
        ("_A = 5.0\n_B = 1 << 30\nx = _A, _B\n", "_A = 5.0\n_B = 1 << 30\nx = (_A, _B)\n"),
        (
            "from fsw.dictionary.index import channel\nx = channel('SCLK_FRACTION')\n",
            "x = 1\n",
        ),
        (
            "from fsw.dictionary.index import channel\n"
            "_A = tuple([channel(n) for n in ('SCLK_S', 'SCLK_FRACTION')])\nx = _A\n",
            "_A = (0, 1)\nx = (0, 1)\n",
        ),
        ("from fsw.kernel.cvt import COUNT_MASK\nx = COUNT_MASK\n", "x = 536870911\n"),
        ("from fsw.link import layout\nx = layout.SYNC_LENGTH\n", "x = 4\n"),
        ("import machine\n_A = machine.X\nx = _A\n", "import machine\n_A = machine.X\nx = _A\n"),
    ],
)
def test_constants_are_numbers_on_a_board_and_nothing_else_is(source: str, compiled: str) -> None:
    assert inline("boards/pico/made_up.py", source) == compiled


def test_an_image_that_does_not_fit_is_one_sentence(files: dict[str, bytes]) -> None:
    with pytest.raises(UserError, match="do not fit into"):
        image.file_system(PICO, files | {"large": b"x" * PICO.storage_octets})


def test_a_source_that_does_not_compile_is_named(tmp_path: Path) -> None:
    for name in ("boards/__init__.py", "boards/pictures.py", "boards/simlink.py",
                 "boards/simserver.py",
                 "boards/triggers.py", "boards/verify.py"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("def broken(:\n" if "verify" in name else "")
    with pytest.raises(UserError, match=r"boards/verify\.py does not compile"):
        build(PICO, MISSION, tmp_path)


def test_what_a_mission_has_and_no_pin_is_for_is_named_before_it_flies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_command, "build", lambda board, mission: {MAIN: b""})
    mars = missions.load("mars2020")
    left = ", ".join((*mars.CAMERAS[5:], *mars.OUTPUTS[2:]))
    for arguments in (["image", "-o", str(tmp_path / "e.uf2")], ["board", "pico"]):
        said = CliRunner().invoke(cli.main, [*arguments, "--mission", "mars2020"])
        assert said.exit_code == 0, said.output
        assert f"Not wired on this board, and never triggered or fired: {left}; " in said.stdout
        assert "Not wired" not in CliRunner().invoke(cli.main, arguments).stdout


def test_a_pin_map_that_cannot_work_is_put_on_no_board(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = (*PINS, ("TRIGGER_5", 2, "camera 5"))
    monkeypatch.setattr("gse.deploy.build.PINS", wrong)
    with pytest.raises(UserError, match=r"TRIGGER_0 and TRIGGER_5 share GP2; edit boards/pico"):
        build(PICO, MISSION)


def test_a_mission_that_cannot_fly_is_refused_before_it_is_on_a_board(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = list(missions.load(MISSION).CAMERA_PLAN)
    plan[0] = (*plan[0][:4], 7, 1)
    monkeypatch.setattr(missions.load(MISSION), "CAMERA_PLAN", tuple(plan))
    with pytest.raises(UserError, match="mission droptest cannot fly: camera plan, CAM_UP in PAD"):
        build(PICO, MISSION)
    with pytest.raises(UserError, match="CAM_UP in PAD: 7 pulses in 1 s would drift"):
        InProcess().begin(begin_of(MISSION, world_for(MISSION, seed=1)))


def ran(name: str) -> dict[str, Any]:
    """What a module has on a board: its source as it is compiled, run here."""
    names: dict[str, Any] = {}
    exec(inline(name, for_board(name, (TREE / name).read_text())), names)
    return names


def test_a_board_s_tables_are_those_that_their_sources_compute() -> None:
    for module in (flown, tables, atmosphere):
        board = ran(module.__name__.replace(".", "/") + ".py")
        for name, value in vars(module).items():
            if isinstance(value, (array, bytearray, bytes, tuple)) and not name.startswith("_"):
                assert board[name] == (bytes(value) if isinstance(value, bytearray) else value)


def test_a_board_s_index_knows_the_fingerprints_and_takes_numbers_for_names() -> None:
    board = ran("fsw/dictionary/index.py")
    for name in missions.NAMES:
        mission = missions.load(name)
        assert board["fingerprint"](mission) == fingerprint(mission)
        assert board["parameter_fingerprint"](mission) == parameter_fingerprint(mission)
    assert board["channel"](7) == 7
    with pytest.raises(KeyError, match="NAV_ALTITUDE"):
        board["channel"]("NAV_ALTITUDE")


@pytest.mark.parametrize("name", missions.NAMES)
def test_a_board_s_mission_is_the_same_with_numbers_of_channels(name: str) -> None:
    mission = missions.load(name)
    numbers = {row[0]: number for number, row in enumerate(channels.CHANNELS)}

    def numbered(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(numbered(part) for part in value)
        return numbers.get(value, value)

    board = ran(f"fsw/missions/{name}.py")
    own = (mission.STATES, mission.OUTPUTS, mission.CAMERAS, mission.SILENT_PACKETS)
    assert not set(numbers) & {text for texts in own for text in texts}
    assert not set(numbers) & {row[0] for row in parameters.PARAMETERS}
    for public in ("LIMITS", "TRANSITIONS", "DEPLOYMENTS", "CAMERA_POWER", "CAMERA_PLAN"):
        assert board[public] == numbered(getattr(mission, public))
    assert {c[0] for row in board["TRANSITIONS"] for c in row[2]} <= set(numbers.values())


def test_no_name_of_a_channel_is_on_a_board(files: dict[str, bytes]) -> None:
    """Where one were left, its look-up would fail there, and its octets would be wasted."""
    for path, contents in files.items():
        assert b"NAV_ALTITUDE" not in contents, path
        assert b"_REACHED" not in contents, path


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("UNUSED = 5\nUSED = (1, 'x')\n", "USED = (1, 'x')\n"),
        ("OF_A_MODULE = 5\n", "OF_A_MODULE = 5\n"),
        ("MADE = made()\n", "MADE = made()\n"),
        ("OWN = 5\n\ndef USED():\n    return OWN\n", "OWN = 5\n\ndef USED():\n    return OWN\n"),
        ("OWN = 5\n\ndef unused():\n    return OWN\n", "\n"),
        ("@made\ndef unused():\n    pass\n", "@made\ndef unused():\n    pass\n"),
    ],
)
def test_what_nobody_asks_for_is_left_out(source: str, left: str) -> None:
    sources = {"fsw/a.py": source, "fsw/b.py": "from fsw.a import USED\n", "fsw/c.py": "x = 5\n"}
    kept = needed(sources, "from fsw import b\nprint(chip.OF_A_MODULE)\n")
    assert kept == {"fsw/a.py": left, "fsw/b.py": sources["fsw/b.py"]}
