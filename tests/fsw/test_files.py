"""Is what goes down as a file what is on board, and does the flight core send it when asked?"""

from __future__ import annotations

import random

import pytest

from boards.host.flash import Flash
from boards.pictures import LONGEST, Pictures
from fsw import missions
from fsw.data.areas import PAGE
from fsw.data.blackbox import BlackBox
from fsw.data.files import Files, ParameterDump
from fsw.data.log import Log
from fsw.data.pages import PageReader
from fsw.dictionary.files import FILES
from fsw.dictionary.index import channel, parameter_fingerprint
from fsw.dictionary.parameters import PARAMETERS
from fsw.kernel.parameters import Parameters
from fsw.link.layout import FILES_TELECOMMAND_APID, TELECOMMAND_APID
from gse.files.packets import uplink_packet
from gse.uplink import telecommand
from tests.fsw.bench_board import Values
from tests.fsw.test_cfdp import finished
from tests.fsw.test_commands import Rig

MARS = missions.load("mars2020")
ROWS = {row[0]: n for n, row in enumerate(FILES)}


def read(source: object, number: int = 0, step: int = 100) -> bytes:
    """All of a file, in pieces."""
    length = source.open(number)  # type: ignore[attr-defined]
    buffer = bytearray(length + 2)
    for at in range(0, length, step):
        count = min(step, length - at)
        assert source.read(at, buffer, at + 1, count)  # type: ignore[attr-defined]
    assert buffer[0] == buffer[-1] == 0, "nothing but the octets asked for is written"
    return bytes(buffer[1:-1])


def test_a_dump_holds_every_parameter_as_it_was_when_the_file_was_opened() -> None:
    parameters = Parameters(MARS)
    assert parameters.set(1, 5000)
    dump = ParameterDump(parameters, MARS)
    assert dump.length(0) == dump.open(0)
    assert parameters.set(1, 6000)
    octets = bytearray(dump.length(0))
    assert dump.read(0, octets, 0, len(octets))
    assert int.from_bytes(octets[:4], "big") == parameter_fingerprint(MARS)
    assert int.from_bytes(octets[4:6], "big") == len(PARAMETERS)
    values = [int.from_bytes(octets[i : i + 4], "big") for i in range(6, len(octets) - 2, 4)]
    assert values[1] == 5000
    assert read(dump) != bytes(octets)


def logged(records: int) -> tuple[Values, Log, Flash]:
    flash = Flash(20)
    log = Log(flash, PageReader())
    log.open()
    values = Values()
    values["RECORDER_BEGAN"] = log.number
    draws = random.Random(records)
    for _ in range(records):
        octets = draws.randbytes(draws.randint(1, 90))
        assert log.put(octets, 0, len(octets))
    return values, log, flash


@pytest.mark.parametrize("records", [0, 1, 2, 3, 4, 5, 50, 200])
def test_the_black_box_is_the_log_and_stays_as_it_was_when_it_was_opened(records: int) -> None:
    values, log, flash = logged(records)
    box = BlackBox(values.cvt, log)
    first = read(box)
    assert len(first) == box.length(0)
    assert (len(first) > 0) == (records > 0)
    # The pages themselves, one after the other.
    pages = bytearray()
    for number in range(values["RECORDER_BEGAN"], log.number + 1):
        page = bytearray(PAGE)
        flash.read(log.sector_of(number), number % 15, page)
        pages += page
    assert first == pages[: len(first)]
    length = box.open(0)
    for _ in range(30):
        log.put(b"what comes later", 0, 16)
    log.flush()
    again = bytearray(length)
    assert box.read(0, again, 0, length)
    assert bytes(again) == first


def test_a_black_box_that_was_erased_cannot_be_read_on() -> None:
    values, log, _ = logged(20)
    box = BlackBox(values.cvt, log)
    assert box.open(0) > 0
    values["RECORDER_BEGAN"] += 15
    assert not box.read(0, bytearray(10), 0, 10)


def test_a_picture_stays_as_it_is_while_it_is_sent() -> None:
    pictures = Pictures()
    assert pictures.length(3) == pictures.open(3) == -1
    assert pictures.put(3, b"-one-", 1, 3)
    assert pictures.open(3) == 3
    assert pictures.put(3, b"-three-", 1, 5)
    buffer = bytearray(3)
    assert pictures.read(0, buffer, 0, 3)
    assert bytes(buffer) == b"one"
    assert read(pictures, 3) == b"three"
    assert not pictures.put(8, b"x", 0, 1)
    assert not pictures.put(0, bytes(LONGEST + 1), 0, LONGEST + 1)


def test_a_directory_names_what_there_is() -> None:
    pictures = Pictures()
    pictures.put(2, b"two", 0, 3)
    files = Files({"PARAMETERS": None, "BLACKBOX": None, "THUMBNAILS": pictures})
    lengths = {row[0]: files.length(n) for n, row in enumerate(FILES)}
    assert lengths.pop("THUMBNAIL2") == 3
    assert set(lengths.values()) == {-1}
    with pytest.raises(KeyError):
        Files({"PARAMETERS": None})


def command(name: str, **arguments: int) -> bytes:
    return telecommand(name, arguments)


def test_commands_of_files_are_done_refused_and_reported() -> None:
    rig = Rig()
    assert rig.send(command("FILE_CANCEL")) == "NOT_NOW"
    assert rig.send(command("FILE_RESUME")) == "NOT_NOW"
    send = {"file": ROWS["PARAMETERS"], "class": 2}
    assert rig.send(telecommand("FILE_SEND", {"file": len(FILES), "class": 2})) == "OUT_OF_RANGE"
    assert rig.send(telecommand("FILE_SEND", send | {"file": 4})) == "OUT_OF_RANGE", "no picture"
    assert rig.send(telecommand("FILE_SEND", send)) == "DONE"
    assert rig["FILE_TRANSACTION"] == 1
    assert rig.send(telecommand("FILE_SEND", send)) == "NOT_NOW", "one at a time"
    assert rig.send(command("FILE_SUSPEND")) == "DONE"
    assert rig.send(command("FILE_RESUME")) == "DONE"
    assert rig.send(command("FILE_LIST")) == "DONE"
    rig.run(64)
    assert rig["FILE_ID"] == ROWS["BLACKBOX"], "the last one that there is"
    accepted = rig["COMMANDS_ACCEPTED"]
    rig.send(uplink_packet(finished()))
    assert rig["FILE_STATE"] == 0
    assert rig["FILES_DELIVERED"] == 1
    assert rig["COMMANDS_ACCEPTED"] == accepted, "a PDU is no command"


def test_pdus_have_an_apid_that_one_wrong_bit_does_not_make_of_a_command() -> None:
    assert bin(FILES_TELECOMMAND_APID ^ TELECOMMAND_APID).count("1") > 1


def test_after_a_reset_transactions_go_on_with_another_number() -> None:
    rig = Rig()
    rig.send(telecommand("FILE_SEND", {"file": 0, "class": 1}))
    assert rig["FILE_TRANSACTION"] == 1
    again = Rig(rig.board.flash)
    again.board.retained[:] = rig.board.retained
    core = type(rig.core)(again.board, MARS)
    core.start(1000, 1)  # after the watchdog
    assert core.cvt[channel("FILE_TRANSACTION")] == 1
