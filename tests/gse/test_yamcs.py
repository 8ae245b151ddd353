"""Does a real Yamcs read our frames as our decoder does, and send the commands that we would?"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import socket
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gse import decode as our_decoder
from gse.cli import main
from gse.dictionary import load
from gse.stream import Decoded
from gse.uplink.packet import telecommand
from gse.yamcs import server
from gse.yamcs.configuration import Ports, write
from gse.yamcs.server import Server
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import Framer, Packetizer, capture
from tests.gse.valid import each_packet, same

MISSION = DICTIONARY.mission
BATCH = 10  # frames that the socket of a slow server holds
PATIENCE_S = 60.0
ALL_TIMES = {"start": "1990-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z"}


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Client:
    """Asks the server by its HTTP interface."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def text(self, path: str, body: Any = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._ports.http}/api/{path}",
            data,
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return str(answer.read().decode())

    def ask(self, path: str, body: Any = None) -> Any:
        return json.loads(self.text(path, body))

    def received(self) -> tuple[int, int]:
        """Frames that came, and packets of them that were taken from the real-time channel."""
        links = {link["name"]: link for link in self.ask(f"links/{MISSION}")["links"]}
        return int(links["frames"]["dataInCount"]), int(links["frames.vc0"]["dataInCount"])

    def send(self, frames: list[bytes]) -> None:
        """Sends frames, no more at a time than the server takes without loss."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            for start in range(0, len(frames), BATCH):
                batch = frames[start : start + BATCH]
                for frame in batch:
                    link.sendto(frame, ("127.0.0.1", self._ports.frames))
                self._wait_for(start + len(batch))

    def _wait_for(self, frames: int) -> None:
        wait_until(lambda: self.received()[0] >= frames)


def wait_until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "Yamcs did not take it in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports(*(_free_port(k) for k in (socket.SOCK_STREAM, *[socket.SOCK_DGRAM] * 2)))


@pytest.fixture(scope="module")
def client(ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    if shutil.which("java") is None:
        pytest.skip("needs Java 17 for Yamcs: there is no java on this machine")
    directory = tmp_path_factory.mktemp("yamcs")
    write(DICTIONARY, directory, ports)
    with Server(directory, MISSION, ports.http):
        yield Client(ports)


def _objects(text: str) -> Iterator[Any]:
    """JSON objects one behind another."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        while at < len(text) and text[at].isspace():
            at += 1


def _plain(value: Any) -> Any:
    """A value of the interface: numbers of 64 bits come as texts."""
    inner = next(v for key, v in value.items() if key.endswith("Value"))
    if value["type"] in ("SINT64", "UINT64"):
        return int(inner)
    return inner


def test_yamcs_reads_our_frames_and_sends_our_commands(client: Client, ports: Ports) -> None:
    sent = each_packet(DICTIONARY)
    cadus = capture(sent)
    decoded = our_decoder.decode(b"".join(cadus), DICTIONARY)
    client.send([cadu[4:] for cadu in cadus])
    wait_until(lambda: client.received()[1] >= len(sent))
    _values_are_the_same(client, decoded)
    _commands_are_the_same(client, ports)


def _values_are_the_same(client: Client, decoded: Decoded) -> None:
    names = list(dict.fromkeys(c.name for p in DICTIONARY.packets for c in p.channels))
    body = {**ALL_TIMES, "ids": [{"name": f"/{MISSION}/{name}"} for name in names]}
    found: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
    for piece in _objects(client.text(f"stream-archive/{MISSION}:streamParameterValues", body)):
        for value in piece.get("parameter", ()):
            name = value["id"]["name"].rpartition("/")[2]
            found[name].append((_plain(value["rawValue"]), _plain(value["engValue"])))
    sent: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
    for packet in DICTIONARY.packets:
        data, table = decoded.records[packet.name].data, decoded.tables[packet.name]
        for channel in packet.channels:
            column = f"{channel.name}_RAW" if channel.kind == "flags" else channel.name
            sent[channel.name] += zip(
                data[channel.name].tolist(), table[column].to_pylist(), strict=True
            )
    compared = 0
    for name, ours in sent.items():
        # What two packets carry comes in the order of time.
        pairs = zip(sorted(ours), sorted(found[name]), strict=True)
        for (raw, value), (their_raw, theirs) in pairs:
            assert raw == their_raw, name
            assert same(value, theirs), name
        compared += 2 * len(ours)
    print(f"{compared:,} values the same in Yamcs")
    assert compared == 2 * sum(len(decoded.records[p.name].data) * len(p.channels)
                               for p in DICTIONARY.packets)  # fmt: skip


def _commands_are_the_same(client: Client, ports: Ports) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", ports.commands))
        link.settimeout(PATIENCE_S)
        for name, given, counts in COMMANDS:
            path = f"processors/{MISSION}/realtime/commands/{MISSION}/{name}"
            answer = client.ask(path, {"args": given})
            packet = link.recv(2048)
            sequence = int.from_bytes(packet[2:4], "big") & 0x3FFF
            assert packet == telecommand(name, counts, sequence)
            assert packet.startswith(base64.b64decode(answer["binary"])[:2])


COMMANDS: tuple[tuple[str, dict[str, Any], dict[str, int]], ...] = (
    ("NO_OP", {}, {}),
    (
        "NAV_INITIALISE",
        {
            "time": 100,
            "altitude": 9500.5,
            "vertical_velocity": -3.25,
            "horizontal_velocity": 0.0009765625,
            "pitch": -45.0,
        },
        {
            "time": 100,
            "altitude": 9500 * 256 + 128,
            "vertical_velocity": -3328,
            "horizontal_velocity": 1,
            "pitch": -(1 << 23),
        },
    ),
    ("PARAMETER_SET", {"parameter": "CAMERA_RETRIES", "value": -5}, {"parameter": 5, "value": -5}),
    ("CAMERA_TEST", {"camera": DICTIONARY.cameras[1], "pulses": 7}, {"camera": 1, "pulses": 7}),
)


STANDS_IN = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"state": "RUNNING"}')
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer)
server.handle_request()
print("SEVERE it broke")
sys.exit(int(sys.argv[2]))
"""  # answers once, then ends


@contextlib.contextmanager
def _port_of(answer: bytes) -> Iterator[int]:
    """A port on which something answers so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    with listener.accept()[0] as link:
                        link.recv(1000)
                        link.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _started(port: int, code: int, monkeypatch: pytest.MonkeyPatch, out: Path, *more: str) -> Any:
    """What the command says, with something that stands in for Yamcs and ends with a code."""
    stand_in = [sys.executable, "-c", STANDS_IN, str(port), str(code)]
    monkeypatch.setattr(server, "command", lambda _: stand_in)
    arguments = ["yamcs", "--out", str(out), "--start", "--http-port", str(port), *more]
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize(("code", "said"), [(0, "Yamcs is up"), (3, "with exit code 3: it broke")])
def test_the_command_ends_as_the_server_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    result = _started(_free_port(socket.SOCK_STREAM), code, monkeypatch, tmp_path)
    assert result.exit_code == (2 if code else 0)
    assert said in " ".join(result.output.split())


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b'HTTP/1.0 200\r\n\r\n"RUNNING"'])
def test_another_server_on_the_port_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    with _port_of(answer) as port:
        result = _started(port, 0, monkeypatch, tmp_path)
        assert result.exit_code == 2
        assert f"something answers on port {port} already" in " ".join(result.output.split())
        # Also when it came in between: ours cannot have the port then.
        monkeypatch.setattr(Server, "_check_port", lambda _: None)
        late = _started(port, 1, monkeypatch, tmp_path)
        assert late.exit_code == 2
        assert "Address already in use" in " ".join(late.output.split())


def test_the_mission_is_that_of_the_capture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = load("droptest")
    packetizer = Packetizer()
    boot = {"DICTIONARY_HASH": drop.fingerprint, "MISSION_ID": drop.mission_id}
    frames = Framer(drop.spacecraft_id).frames([packetizer.make("BOOT", boot).octets])
    capture_file = tmp_path / "drop.bin"
    capture_file.write_bytes(b"".join(frames))
    port = _free_port(socket.SOCK_STREAM)
    fed = _started(port, 0, monkeypatch, tmp_path / "y", "--feed", str(capture_file))
    assert fed.exit_code == 0, fed.output
    assert (tmp_path / "y" / "etc" / "yamcs.droptest.yaml").exists()
    other = _started(
        port, 0, monkeypatch, tmp_path / "z", "--feed", str(capture_file), "--mission", MISSION
    )
    assert other.exit_code == 2
    assert f"was made with dictionary {drop.fingerprint:08X}" in other.output
    assert not (tmp_path / "z").exists()


def test_without_java_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(main, ["yamcs", "--out", str(tmp_path / "y"), "--start"])
    assert result.exit_code == 2
    assert "install Java 17 or later" in result.output
    assert (tmp_path / "y" / "etc" / f"yamcs.{MISSION}.yaml").exists()
