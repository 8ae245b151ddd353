"""Do the compiled loops compute what the standard library and the layouts say?"""

from __future__ import annotations

import binascii
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gse import kernels
from gse.counts import packet_columns
from gse.dictionary import Packet
from gse.link.crc import crc16_rows
from tests.gse.captures import DICTIONARY, packets
from tests.gse.encoder import FIELDS, Sent, space_packet

ROOT = Path(__file__).parents[2]


@given(st.binary(max_size=300), st.integers(0, 20))
def test_crcs_are_those_of_the_standard_library(octets: bytes, start: int) -> None:
    array = kernels.read_only(np.frombuffer(octets, np.uint8))
    start = min(start, len(octets))
    length = len(octets) - start
    right = binascii.crc_hqx(octets[start:], 0xFFFF)
    assert kernels.crc16(array, start, length, kernels.CRC_SLICES) == right
    assert kernels.crc16_sliced(array, start, length, kernels.CRC_SLICES) == right


@pytest.mark.skipif(not kernels.FOLDS, reason="this processor does not multiply without carry")
@given(st.binary(min_size=16, max_size=300))
def test_a_processor_that_multiplies_without_carry_gets_the_same_crc(octets: bytes) -> None:
    array = kernels.read_only(np.frombuffer(octets, np.uint8))
    crc = kernels.crc16_folded(array, 0, len(octets), kernels.CRC_SLICES)
    assert crc == binascii.crc_hqx(octets, 0xFFFF)


def test_crcs_of_rows_that_do_not_follow_one_another() -> None:
    octets = np.random.default_rng(1).integers(0, 256, (50, 100)).astype(np.uint8)
    crcs = crc16_rows(octets[:, 7:80])
    assert crcs.tolist() == [binascii.crc_hqx(row[7:80].tobytes(), 0xFFFF) for row in octets]
    assert len(crc16_rows(octets[:0])) == 0


@given(packets())
def test_counts_of_bare_packets_are_those_that_were_sent(sent: list[Sent]) -> None:
    foreign = space_packet(0x123, 0, bytes(40))
    stream = b"".join(p.octets for p in sent) + foreign + sent[0].octets[:9]
    types: tuple[Packet, ...] = DICTIONARY.packets
    columns = packet_columns(np.frombuffer(stream, np.uint8), types)
    for name, fields in FIELDS.items():
        came = [p for p in sent if p.name == name]
        assert columns[name]["sclk_s"].tolist() == [p.sclk_s for p in came]
        for field in fields:
            assert columns[name][field].tolist() == [p.counts[field] for p in came]


def test_an_installation_that_cannot_be_written_to_compiles_all_the_same(tmp_path: Path) -> None:
    code = (
        "import numba.core.caching as c\n"
        "c.CacheImpl._locator_classes = []\n"
        "from gse import kernels\n"
        "import numpy as np\n"
        "octets = kernels.read_only(np.arange(4, dtype=np.uint8))\n"
        "print(kernels.markers(octets, 0x00010203, np.empty(2, np.int64)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "1\n"


@pytest.mark.parametrize("command", ["dictionary", "keys", "image", "verify"])
def test_a_command_that_does_not_decode_does_not_wait_for_the_compiler(command: str) -> None:
    code = (
        "import sys\n"
        "from importlib import import_module\n"
        "from gse.cli import COMMANDS\n"
        f"import_module(COMMANDS[{command!r}])\n"
        "print('numba' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "False\n"
