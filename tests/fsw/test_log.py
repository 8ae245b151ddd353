"""Does the log keep every record that was committed, and invent none, whenever power goes?"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.host.flash import SECTOR
from fsw.data.areas import AREAS, PAGE, PAGES
from fsw.data.log import Log
from fsw.data.pages import LONGEST, PageReader
from tests.nor import NorFlash, PowerCut

FIRST = sum(row[1] for row in AREAS)
SMALL = FIRST + 6


def opened(flash: NorFlash) -> Log:
    log = Log(flash, PageReader())
    log.open()
    return log


def records(flash: NorFlash) -> list[tuple[int, bytes]]:
    """Every whole record in the order of its page, with its sequence number."""
    reader = PageReader()
    pages = []
    for sector in range(FIRST, flash.sectors):
        for page in range(PAGES):
            if reader.read(flash, sector, page):
                found = []
                while reader.step():
                    octets = bytes(reader.page[reader.start : reader.start + reader.length])
                    found.append(((reader.sequence - 1) & 0xFFFF, octets))
                pages.append((reader.number, found))
    return [record for _, found in sorted(pages) for record in found]


def packet(n: int, length: int) -> bytes:
    """Told apart by its first octets, and full of bits of both kinds."""
    return random.Random(n).randbytes(length - 4) + n.to_bytes(4, "big")


def session(count: int, seed: int) -> Iterator[tuple[bytes, bool]]:
    """Packets of the lengths that fly, and after which of them the page is committed early."""
    source = random.Random(seed)
    for n in range(count):
        yield packet(n, source.choice([20, 35, 35, 35, 42, 60, 134])), source.random() < 0.05


def record_all(log: Log, packets: list[tuple[bytes, bool]], committed: list[bytes]) -> None:
    """Writes them; committed holds, at any moment, what must be found after a power cut."""
    pending: list[bytes] = []
    for octets, commits in packets:
        number = log.number
        put = log.put(bytearray(octets), 0, len(octets))
        if log.number != number:  # the page before is in flash
            committed += pending
            pending = []
        assert put
        pending.append(octets)
        if commits:
            log.flush()
            committed += pending
            pending = []


@pytest.mark.parametrize("seed", range(3))
def test_what_is_recorded_is_read_back_in_order(seed: int) -> None:
    flash = NorFlash(FIRST + 40)
    log = opened(flash)
    wanted = [octets for octets, _ in session(1200, seed)]
    for octets in wanted:
        assert log.put(bytearray(b"??" + octets), 2, len(octets))
    log.flush()
    assert records(flash) == list(enumerate(wanted))
    assert flash.erases == 0
    assert log.free == 40 * PAGES - 1 - log.number


def cut_session(packets: list[tuple[bytes, bool]], step: int, sectors: int) -> None:
    """Cuts power at one octet of a session, starts anew, records more, and looks at everything."""
    flash = NorFlash(sectors)
    committed: list[bytes] = []
    log = opened(flash)
    flash.steps_left = step
    with pytest.raises(PowerCut):
        record_all(log, packets, committed)
    flash.steps_left = None
    written = [octets for octets, _ in packets]
    found = [octets for _, octets in records(flash)]
    # Committed records are all there, and what else is there is the beginning of what followed.
    assert found == written[: len(found)]
    assert len(found) >= len(committed)
    again = opened(flash)
    more = [packet(1_000_000 + n, 50) for n in range(12)]
    for octets in more:
        assert again.put(bytearray(octets), 0, len(octets))
    again.flush()
    numbers, after = zip(*records(flash), strict=True)
    assert list(after) == found + more
    assert list(numbers) == list(range(len(after)))


def steps_of(packets: list[tuple[bytes, bool]], sectors: int) -> int:
    flash = NorFlash(sectors)
    record_all(opened(flash), packets, [])
    return flash.steps


def test_power_cut_at_every_third_octet_of_a_few_pages_loses_no_committed_record() -> None:
    packets = list(session(16, 5))
    for step in range(0, steps_of(packets, SMALL), 3):
        cut_session(packets, step, SMALL)


@pytest.mark.parametrize("seed", [11, 12])
def test_power_cut_somewhere_in_a_thousand_records_loses_none(seed: int) -> None:
    packets = list(session(1000, seed))
    steps = steps_of(packets, FIRST + 20)
    for step in random.Random(seed).sample(range(steps), 12):
        cut_session(packets, step, FIRST + 20)


@pytest.mark.soak
def test_power_cut_at_every_octet_of_a_thousand_records_loses_none() -> None:
    packets = list(session(1000, 10))
    steps = steps_of(packets, FIRST + 20)
    for step in range(steps):
        cut_session(packets, step, FIRST + 20)
    print(f"power cut at {steps} octets of {len(packets)} records: none lost, none invented")


@settings(max_examples=30)
@given(st.lists(st.integers(0, 40 * PAGE), min_size=1, max_size=6), st.integers(0, 1 << 16))
def test_one_power_cut_after_the_other_loses_no_committed_record(
    cuts: list[int], seed: int
) -> None:
    flash = NorFlash(FIRST + 12)
    kept: list[bytes] = []
    n = 0
    for cut in cuts:
        log = opened(flash)
        flash.steps_left = cut
        written: list[bytes] = []
        committed: list[bytes] = []
        try:
            while not log.full:
                octets = packet(seed + n, 35 + n % 60)
                n += 1
                written.append(octets)
                if not log.put(bytearray(octets), 0, len(octets)):
                    written.pop()
                elif n % 5 == 0:
                    log.flush()
                    committed = list(written)
        except PowerCut:
            pass
        flash.steps_left = None
        found = [octets for _, octets in records(flash)]
        assert found[: len(kept)] == kept
        new = found[len(kept) :]
        assert new == written[: len(new)]
        assert len(new) >= len(committed)
        kept = found


def test_a_full_log_refuses_and_keeps_what_it_has() -> None:
    flash = NorFlash(FIRST + 4)
    log = opened(flash)
    count = 0
    while log.put(bytearray(packet(count, 100)), 0, 100):
        count += 1
    assert log.full
    assert count == 4 * PAGES * 2
    assert len(records(flash)) == count
    again = opened(flash)
    assert again.free == 0
    assert not again.put(bytearray(packet(0, LONGEST)), 0, LONGEST)


def erase_all(log: Log) -> None:
    log.forget()
    for ahead in range(1, log.sectors + 1):
        if not log.is_blank(ahead):
            log.erase(ahead)
    log.begin_anew(log.sectors)


def test_all_sectors_wear_alike() -> None:
    flash = NorFlash(FIRST + 8)
    worn = [0] * 8
    erase = flash.erase

    def counted(sector: int) -> None:
        worn[sector - FIRST] += 1
        erase(sector)

    flash.erase = counted  # type: ignore[method-assign]
    log = opened(flash)
    for flight in range(40):
        for n in range(60):  # two sectors and a bit
            assert log.put(bytearray(packet(n, 200)), 0, 200)
        log.flush()
        if flight % 2:
            log = opened(flash)
        erase_all(log)
        assert log.free == 8 * PAGES - 1
    assert max(worn) - min(worn) <= 2
    assert sum(worn) >= 40 * 4


@pytest.mark.parametrize("seed", range(20))
def test_power_cut_in_an_erase_leaves_a_log_that_can_be_used(seed: int) -> None:
    flash = NorFlash(FIRST + 4)
    log = opened(flash)
    for n in range(70):
        log.put(bytearray(packet(n, 150)), 0, 150)
    log.flush()
    before = [octets for _, octets in records(flash)]
    flash.steps_left = random.Random(seed).randrange(4 * SECTOR)
    with pytest.raises(PowerCut):
        erase_all(log)
    flash.steps_left = None
    again = opened(flash)
    found = [octets for _, octets in records(flash)]
    assert set(found) <= set(before)
    more = [packet(1000 + n, 90) for n in range(20)]
    taken = [octets for octets in more if again.put(bytearray(octets), 0, 90)]
    again.flush()
    assert [octets for _, octets in records(flash)][-len(taken) :] == taken or not taken
    erase_all(again)
    assert records(flash) == []
    assert again.put(bytearray(more[0]), 0, 90)


@given(st.binary(max_size=3 * PAGE), st.integers(0, SECTOR - 1))
def test_garbage_in_flash_stops_nothing(octets: bytes, at: int) -> None:
    flash = NorFlash(SMALL)
    begin = FIRST * SECTOR + at
    flash.memory[begin : begin + len(octets)] = octets
    log = opened(flash)
    found = records(flash)
    assert log.put(bytearray(packet(1, 60)), 0, 60)
    log.flush()
    assert [octets for _, octets in records(flash)] == [o for _, o in found] + [packet(1, 60)]
