"""Which files are in the PDUs of a capture, and what is missing of each?

Nobody asks for anything here: what the PDUs say is taken as it comes, in whatever order, of class 1
and class 2 alike. PDUs are taken apart by spacepackets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from spacepackets.cfdp.defs import (
    Direction,
    InvalidCrcError,
    TransmissionMode,
    UnsupportedCfdpVersionError,
)
from spacepackets.cfdp.pdu import EofPdu, FileDataPdu, MetadataPdu
from spacepackets.cfdp.pdu.helper import PduFactory
from spacepackets.exceptions import BytesTooShortError

from fsw.link import filelayout
from gse.files.received import ReceivedFile

LARGEST = 1 << 26  # octets: a segment beyond is no segment of ours
_NO_PDU = (
    ValueError, IndexError, struct.error, BytesTooShortError, InvalidCrcError,
    UnsupportedCfdpVersionError,
)  # fmt: skip


def parse(octets: bytes) -> Any:
    """A PDU of spacepackets, from our flight software to our ground; None for anything else."""
    try:
        pdu: Any = PduFactory.from_raw(octets)
    except _NO_PDU:
        return None
    if pdu is None or pdu.source_entity_id.value != filelayout.FLIGHT_ENTITY:
        return None
    if pdu.direction is not Direction.TOWARDS_RECEIVER:
        return None
    if isinstance(pdu, FileDataPdu) and pdu.offset + len(pdu.file_data) > LARGEST:
        return None
    if isinstance(pdu, EofPdu):
        # spacepackets 0.32 leaves the code where it stands in its octet.
        pdu.condition_code = pdu.condition_code >> 4
    return pdu if pdu.dest_entity_id.value == filelayout.GROUND_ENTITY else None


class Assembly:
    """Files out of PDUs. A transaction number that comes again, with metadata of another file, is
    another transfer."""

    def __init__(self) -> None:
        self.files: list[ReceivedFile] = []
        self.refused = 0  # what was no PDU
        self._latest: dict[int, ReceivedFile] = {}

    def take(self, octets: bytes) -> ReceivedFile | None:
        """The file that a PDU belongs to; None for no PDU of a sender."""
        pdu = parse(octets)
        if pdu is None:
            self.refused += 1
            return None
        if isinstance(pdu, MetadataPdu):
            file = self._file(pdu)
            if file.name is not None and (file.name, file.size) != (_name(pdu), pdu.file_size):
                file = self._new(pdu)
            file.name, file.size = _name(pdu), pdu.file_size
        elif isinstance(pdu, FileDataPdu):
            file = self._file(pdu)
            file.segment(pdu.offset, bytes(pdu.file_data))
        elif isinstance(pdu, EofPdu):
            file = self._file(pdu)
            file.condition = int(pdu.condition_code)
            if not file.condition:
                file.size = pdu.file_size
                file.checksum = int.from_bytes(pdu.file_checksum, "big")
        else:
            return self._latest.get(pdu.transaction_seq_num.value)  # an acknowledgement
        return file

    def take_all(self, pdus: Iterable[bytes]) -> None:
        for pdu in pdus:
            self.take(pdu)

    def _file(self, pdu: Any) -> ReceivedFile:
        return self._latest.get(pdu.transaction_seq_num.value) or self._new(pdu)

    def _new(self, pdu: Any) -> ReceivedFile:
        number = pdu.transaction_seq_num.value
        acknowledged = pdu.transmission_mode is TransmissionMode.ACKNOWLEDGED
        self._latest[number] = file = ReceivedFile(number, acknowledged)
        self.files.append(file)
        return file


def _name(pdu: MetadataPdu) -> str:
    return pdu.dest_file_name or ""
