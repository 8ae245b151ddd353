"""Does the small decoder of who commands find the packets that the large one finds?"""

from __future__ import annotations

import pytest

from gse.decode import decode
from gse.link.assembler import Assembler
from gse.uplink.refused import Refused
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import DATA_FIELD, ONLY_IDLE, Framer, Packetizer


@pytest.mark.parametrize("lost", [None, 3, 4])
def test_frames_of_only_idle_data_between_others_cut_no_packet(lost: int | None) -> None:
    packetizer, framer = Packetizer(), Framer()
    frames = []
    for frame in framer.frames([packetizer.make("HK").octets for _ in range(20)]):
        frames += [frame, framer.frame(0, ONLY_IDLE, b"\x55" * DATA_FIELD)]
    if lost is not None:
        del frames[lost]
    assembler = Assembler()
    found = [packet.octets for frame in frames for packet in assembler.take(frame)]
    decoded = decode(b"".join(frames), DICTIONARY)
    assert found == [bytes(row) for row in decoded.records["HK"].data]
    assert (len(found) == 20) == (lost is None)


def test_a_reason_that_no_board_gives_is_no_reason() -> None:
    refused = Refused()
    assert [refused.take(reason) for reason in (0, 99, 0, 99)] == ["", "", "", ""]
