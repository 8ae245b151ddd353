"""How does a file arrive whole? The receiving entity of CFDP (727.0-B-5), cfdp-py's.

PDUs in, PDUs out: what is missing is asked for by itself, and the end acknowledged. Files are kept
in memory; who asked for them writes them where they belong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cfdppy import CfdpUserBase, LocalEntityConfig
from cfdppy.exceptions import PduIgnoredForDest
from cfdppy.filestore import FilestoreResponseStatusCode, NativeFilestore
from cfdppy.handler.dest import (
    DestHandler,
    LostSegmentTracker,
    TransactionStep,
    acknowledge_inactive_eof_pdu,
)
from cfdppy.mib import (
    CheckTimerProvider,
    DefaultFaultHandlerBase,
    IndicationConfig,
    RemoteEntityConfig,
    RemoteEntityConfigTable,
)
from cfdppy.user import TransactionFinishedParams
from spacepackets.cfdp import ChecksumType, ConditionCode, DirectiveType, TransmissionMode
from spacepackets.cfdp.pdu import AckPdu, EofPdu, FileDataPdu, MetadataPdu
from spacepackets.cfdp.pdu.ack import TransactionStatus
from spacepackets.cfdp.pdu.finished import FinishedParams
from spacepackets.countdown import Countdown
from spacepackets.util import ByteFieldU8

from fsw.link import filelayout
from gse.files.assembly import parse
from gse.files.received import ReceivedFile, joined, modular_checksum

NAK_WAIT_S = 5.0  # of silence before what is missing is asked for again
NAK_LIMIT = 24
FINISHED_WAIT_S = 5.0
FINISHED_LIMIT = 12
CHECK_WAIT_S = 5.0  # class 1: how long segments may come after the end
CHECK_LIMIT = 2


class _Files(NativeFilestore):
    """Files in memory, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.contents: dict[Path, bytearray] = {}

    def is_directory(self, path: Path) -> bool:
        return False

    def file_exists(self, path: Path) -> bool:
        return path in self.contents

    def create_file(self, file: Path) -> FilestoreResponseStatusCode:
        self.contents[file] = bytearray()
        return FilestoreResponseStatusCode.CREATE_SUCCESS

    def truncate_file(self, file: Path) -> None:
        self.contents[file].clear()

    def delete_file(self, file: Path) -> FilestoreResponseStatusCode:
        self.contents.pop(file, None)
        return FilestoreResponseStatusCode.DELETE_SUCCESS

    def write_data(self, file: Path, data: bytes, offset: int | None) -> None:
        content = self.contents[file]
        at = offset or 0
        content.extend(bytes(max(0, at + len(data) - len(content))))
        content[at : at + len(data)] = data

    def calculate_checksum(
        self,
        checksum_type: ChecksumType,
        file_path: Path,
        size_to_verify: int,
        segment_len: int = 4096,
    ) -> bytes:
        if checksum_type is not ChecksumType.MODULAR:
            raise ValueError(f"checksum {checksum_type!r} is not one that our sender has")
        return modular_checksum(bytes(self.contents[file_path])).to_bytes(4, "big")


class _User(CfdpUserBase):
    """Keeps what the handler says of the end; the rest is seen in its PDUs."""

    def __init__(self, files: _Files) -> None:
        super().__init__(files)
        self.finished: FinishedParams | None = None

    def transaction_finished_indication(self, params: TransactionFinishedParams) -> None:
        # The first time: what is whole stays so, even if the sender never hears of it.
        self.finished = self.finished or replace(params.finished_params)

    def _ignore(self, *_: object, **__: object) -> None:
        """Seen in the PDUs."""

    transaction_indication = eof_sent_indication = metadata_recv_indication = _ignore
    file_segment_recv_indication = report_indication = suspended_indication = _ignore
    resumed_indication = fault_indication = abandoned_indication = eof_recv_indication = _ignore


class _Faults(DefaultFaultHandlerBase):
    """As the handler answers them by itself."""

    def _ignore(self, *_: object) -> None:
        """It stands in the finished parameters."""

    notice_of_suspension_cb = notice_of_cancellation_cb = abandoned_cb = ignore_cb = _ignore


class _CheckTimers(CheckTimerProvider):
    def provide_check_timer(self, *_: object, **__: object) -> Countdown:
        return Countdown.from_seconds(CHECK_WAIT_S)


class _Destination(DestHandler):
    """cfdp-py 0.7's handler, without what makes transfers fail there: one list of lost segments
    for all transactions; and of a transfer whose metadata comes after its end, the checksum and
    segments that came before are forgotten, and those that are missing no longer waited for."""

    def _common_first_packet_handler(self, pdu: Any) -> bool | None:
        self._params.acked_params.lost_seg_tracker = LostSegmentTracker()
        first: bool | None = super()._common_first_packet_handler(pdu)
        return first

    def _handle_eof_without_previous_metadata(self, eof_pdu: EofPdu) -> None:
        self._params.fp.crc32 = eof_pdu.file_checksum
        super()._handle_eof_without_previous_metadata(eof_pdu)

    def _lost_segment_handling(self, offset: int, data_len: int) -> None:
        super()._lost_segment_handling(offset, data_len)
        acked = self._params.acked_params
        acked.lost_seg_tracker.coalesce_lost_segments()
        removed = acked.lost_seg_tracker.remove_lost_segment((offset, offset + data_len))
        if removed and acked.deferred_lost_segment_detection_active:
            self._reset_nak_activity_parameters()

    def _handle_metadata_packet(self, metadata_pdu: MetadataPdu) -> None:
        super()._handle_metadata_packet(metadata_pdu)
        if self.deferred_lost_segment_procedure_active:
            self.states.step = TransactionStep.WAITING_FOR_MISSING_DATA


@dataclass
class _Transfer:
    """One transaction, and what is left of it."""

    handler: _Destination
    user: _User
    files: _Files
    file: ReceivedFile


class Receiver:
    """Takes the PDUs of a sender."""

    def __init__(self, nak_wait_s: float = NAK_WAIT_S) -> None:
        self.finished: list[ReceivedFile] = []  # whole or not, before the sender knows
        self.refused = 0  # what was no PDU, or none that could be taken
        self._nak_wait_s = nak_wait_s
        self._transfers: dict[int, _Transfer] = {}
        self._ended: set[int] = set()
        self._to_send: list[bytes] = []

    @property
    def under_way(self) -> list[ReceivedFile]:
        """Transfers whose end is still to be confirmed by both, as far as they have come."""
        return [transfer.file for transfer in self._transfers.values()]

    def pdus(self) -> list[bytes]:
        """What is to be sent up since the last call."""
        to_send, self._to_send = self._to_send, []
        return to_send

    def take(self, octets: bytes) -> None:
        """A PDU has come."""
        pdu = parse(octets)
        if pdu is None:
            self.refused += 1
            return
        number = pdu.transaction_seq_num.value
        if number in self._ended:
            self._answer_late(pdu)
            return
        transfer = self._transfers.get(number) or self._begin(pdu)
        if isinstance(pdu, EofPdu):
            self._take_eof(pdu, transfer)
        self._note(pdu, transfer.file)
        self._step(transfer, pdu)

    def tick(self) -> None:
        """Time has passed: to be called a few times a second."""
        for transfer in list(self._transfers.values()):
            self._step(transfer, None)

    def cancel(self) -> None:
        """Whatever is under way; the sender is told."""
        for transfer in list(self._transfers.values()):
            transaction = transfer.handler.transaction_id
            if transaction is not None and transfer.handler.cancel_request(transaction):
                self._step(transfer, None)

    def _begin(self, pdu: Any) -> _Transfer:
        number = pdu.transaction_seq_num.value
        files = _Files()
        user = _User(files)
        acknowledged = pdu.transmission_mode is TransmissionMode.ACKNOWLEDGED
        handler = _Destination(
            LocalEntityConfig(ByteFieldU8(filelayout.GROUND_ENTITY), IndicationConfig(), _Faults()),
            user,
            RemoteEntityConfigTable([self._sender()]),
            _CheckTimers(),
        )
        transfer = _Transfer(handler, user, files, ReceivedFile(number, acknowledged))
        self._transfers[number] = transfer
        return transfer

    def _sender(self) -> RemoteEntityConfig:
        return RemoteEntityConfig(
            entity_id=ByteFieldU8(filelayout.FLIGHT_ENTITY),
            max_file_segment_len=filelayout.SEGMENT,
            max_packet_len=filelayout.LONGEST_PDU_UP,
            closure_requested=False,
            crc_on_transmission=True,
            default_transmission_mode=TransmissionMode.ACKNOWLEDGED,
            crc_type=ChecksumType.MODULAR,
            positive_ack_timer_interval_seconds=FINISHED_WAIT_S,
            positive_ack_timer_expiration_limit=FINISHED_LIMIT,
            check_limit=CHECK_LIMIT,
            nak_timer_interval_seconds=self._nak_wait_s,
            nak_timer_expiration_limit=NAK_LIMIT,
        )

    def _note(self, pdu: Any, file: ReceivedFile) -> None:
        if isinstance(pdu, MetadataPdu):
            file.name, file.size = pdu.dest_file_name, pdu.file_size
        elif isinstance(pdu, FileDataPdu) and file.name is not None:
            # Before the metadata, the handler throws segments away.
            file.held = joined(file.held, pdu.offset, pdu.offset + len(pdu.file_data))

    def _take_eof(self, pdu: EofPdu, transfer: _Transfer) -> None:
        if not pdu.condition_code:
            transfer.file.size = pdu.file_size
            transfer.file.checksum = int.from_bytes(pdu.file_checksum, "big")
        # The handler acknowledges an EOF once, and the sender asks until it hears of it.
        if transfer.file.acknowledged and transfer.handler.step in (
            TransactionStep.WAITING_FOR_MISSING_DATA,
            TransactionStep.WAITING_FOR_FINISHED_ACK,
        ):
            self._acknowledge(pdu, TransactionStatus.ACTIVE)

    def _acknowledge(self, pdu: EofPdu, status: TransactionStatus) -> None:
        ack = AckPdu(
            pdu.pdu_header.pdu_conf,
            DirectiveType.EOF_PDU,
            ConditionCode(pdu.condition_code),
            status,
        )
        self._to_send.append(bytes(ack.pack()))

    def _answer_late(self, pdu: Any) -> None:
        """What still comes of a transfer that is over."""
        if isinstance(pdu, EofPdu) and pdu.transmission_mode is TransmissionMode.ACKNOWLEDGED:
            ack = acknowledge_inactive_eof_pdu(pdu, TransactionStatus.TERMINATED)
            self._to_send.append(bytes(ack.pack()))

    def _step(self, transfer: _Transfer, pdu: Any) -> None:
        handler = transfer.handler
        try:
            handler.state_machine(pdu)
        except (PduIgnoredForDest, ValueError, KeyError):
            self.refused += 1
        while (ready := handler.get_next_packet()) is not None:
            assert ready.pdu is not None
            self._to_send.append(bytes(ready.pdu.pack()))
        for content in transfer.files.contents.values():
            transfer.file.data = content
        told = any(file is transfer.file for file in self.finished)
        if transfer.user.finished is not None and not told:
            self._finish(transfer, transfer.user.finished)
        if handler.transaction_id is None:  # not begun by this PDU, or idle again
            del self._transfers[transfer.file.transaction]
            if transfer.user.finished is not None:
                self._ended.add(transfer.file.transaction)

    def _finish(self, transfer: _Transfer, ended: FinishedParams) -> None:
        transfer.file.condition = int(ended.condition_code)
        self.finished.append(transfer.file)
