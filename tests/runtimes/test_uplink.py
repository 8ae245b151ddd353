"""Do frames become commands on MicroPython as on CPython, with the heap locked?"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import boards
from fsw.dictionary.refusals import REFUSALS
from gse.targets import micropython
from gse.uplink import cltu
from gse.uplink.frame import UNLOCK, Frame, Kind, set_v
from gse.uplink.numbers import Numbers
from gse.uplink.packet import telecommand
from gse.uplink.security import Security
from tests.fsw.forging import CHANNEL, KEY, SPACECRAFT, Attacker, Channel
from tests.spacecraft import Secured

TREE = Path(boards.__file__).parent.parent
SCRIPT = "tests/runtimes/uplink_on_micropython.py"
NAMES = [
    "TC_FRAMES_ACCEPTED", "TC_FRAMES_DISCARDED", "CLTUS_STARTED", "CLTUS_BROKEN", "TC_NUMBER",
    "FARM_STATE", "CLCW_HIGH", "CLCW_LOW", *("TC_" + name for name, _ in REFUSALS),
]  # fmt: skip

INTERPRETERS: dict[str, list[str | Path]] = {
    "64-bit": [micropython(), TREE / SCRIPT],
    "64-bit, viper": [micropython(), TREE / SCRIPT, "viper"],
    "32-bit": [sys.executable, "-m", "gse.micropython32", TREE, SCRIPT],
}


@pytest.fixture(scope="module")
def octets() -> bytes:
    """Commands of every kind, forged ones among them, garbage and broken CLTUs."""
    random_ = random.Random(1)
    security = Security(KEY, Numbers(), SPACECRAFT, CHANNEL)
    attacker = Attacker(Channel(), seed=1)
    sequence = 0
    stream = bytearray()
    for n in range(120):
        kind = random_.choice(["AD", "AD", "BD", "out of sequence", "UNLOCK", "SET", "forged"])
        packet = telecommand("PARAMETER_SET", {"parameter": 1, "value": n}, n)
        if kind == "AD":
            sent = cltu.encode(security.protect(Frame(Kind.AD, packet, sequence)))
            sequence = (sequence + 1) % 256
        elif kind == "BD":
            sent = cltu.encode(security.protect(Frame(Kind.BD, packet)))
        elif kind == "out of sequence":
            sent = cltu.encode(security.protect(Frame(Kind.AD, packet, random_.randrange(256))))
        elif kind == "UNLOCK":
            sent = cltu.encode(security.protect(Frame(Kind.BC, UNLOCK)))
        elif kind == "SET":
            sequence = random_.randrange(256)
            sent = cltu.encode(security.protect(Frame(Kind.BC, set_v(sequence))))
        else:
            sent = cltu.encode(attacker.next())
        if random_.random() < 0.1:
            damaged = bytearray(sent)
            damaged[random_.randrange(len(damaged))] ^= 1 << random_.randrange(8)
            sent = bytes(damaged)
        stream += sent + random_.randbytes(random_.choice((0, 0, 1, 40)))
    return bytes(stream)


def on_micropython(name: str, octets: bytes, rounds: int) -> tuple[list[int], list[str], int]:
    """Counters, packets and microseconds a block."""
    done = subprocess.run(
        INTERPRETERS[name],
        input=f"{octets.hex()}\n{rounds}\n",
        env=os.environ | {"MICROPYPATH": str(TREE)},
        cwd=TREE,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counters, *packets, took = done.stdout.splitlines()
    return [int(c) for c in counters.split()], packets, int(took)


@pytest.mark.parametrize("rounds", [64, 8])
@pytest.mark.parametrize("name", INTERPRETERS)
def test_micropython_takes_the_same_frames_without_the_heap(
    name: str, rounds: int, octets: bytes
) -> None:
    secured = Secured()
    secured.deliver(octets)
    counters, packets, took = on_micropython(name, octets, rounds)
    expected = [secured.values[channel] for channel in NAMES]
    assert dict(zip(NAMES, counters, strict=True)) == dict(zip(NAMES, expected, strict=True))
    assert packets == [packet.hex() for packet in secured.packets]
    assert len(packets) > 15
    assert secured.values["TC_FORGED"] > 0
    assert secured.values["TC_FRAMES_DISCARDED"] > 0
    print(f"{name}: {took} us a block of SHA-256")
