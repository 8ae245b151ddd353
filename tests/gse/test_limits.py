"""Does an alarm begin, worsen, end and get seen as the dictionary's limits say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.dictionary import events
from fsw.kernel.limits import level
from gse.archive.index import Index, KeptAlarm
from gse.archive.raw import LiveTimes
from gse.decode import Decoded
from gse.limits import RED, YELLOW, Alarm, Monitor, bounds
from gse.live.decoding import Decoding
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import CADU, Packetizer, Sent, boot, capture

VOLT = 1024
GOOD = {"BUS_VOLTAGE": 28 * VOLT}


def _decoded(
    packets: Sequence[Sent], pieces: int = 1, played_back: Sequence[Sent] = ()
) -> list[Decoded]:
    """As a session gives them, fed in so many pieces."""
    frames = capture([boot(Packetizer(), DICTIONARY.fingerprint), *packets], played_back)
    times = LiveTimes()
    decoding = Decoding(DICTIONARY, "CRC", 0, times)
    batches = []
    for n in range(pieces):
        octets = b"".join(frames[n * len(frames) // pieces : (n + 1) * len(frames) // pieces])
        times.append((n + 1) * len(frames) // pieces * CADU, (n + 1) * 10**9)
        batches += list(decoding.feed(octets))
    return [b.decoded for b in (*batches, *decoding.finish())]


def _hk(voltages: Sequence[float]) -> list[Sent]:
    packetizer = Packetizer()
    return [
        packetizer.make("HK", {"BUS_VOLTAGE": int(v * VOLT)}, 1000 + i)
        for i, v in enumerate(voltages)
    ]


def _alarms(voltages: Sequence[float], pieces: int = 1) -> list[Alarm]:
    monitor = Monitor(DICTIONARY)
    for decoded in _decoded(_hk(voltages), pieces):
        monitor.check(decoded)
    return [a for a in monitor.alarms.values() if a.channel == "BUS_VOLTAGE"]


def test_the_ground_watches_what_the_board_does_with_the_same_bounds() -> None:
    watched = {b.column: b for b in bounds(DICTIONARY)}
    for name, limit in DICTIONARY.limits.items():
        channel = DICTIONARY.channels[name]
        rows = (limit.red_low, limit.yellow_low, limit.yellow_high, limit.red_high)
        for counts in range(-70 * 1024, 70 * 1024, 997):
            value = channel.engineering(counts)
            assert watched[name].level(value) == level(counts, *rows)


def test_an_alarm_has_an_onset_a_worst_level_and_a_return() -> None:
    (alarm,) = _alarms([28, 28, 23, 23, 20, 20, 28, 28])
    assert (alarm.severity, alarm.value, alarm.bounds) == (RED, "23 V", "22 24 33 36 V")
    assert (alarm.onset_sclk_s, alarm.return_sclk_s) == (1002, 1006)
    assert not alarm.is_open


def test_an_alarm_that_lasts_is_open_and_the_next_one_is_another() -> None:
    first, second = _alarms([28, 35, 28, 34])
    assert not first.is_open
    assert second.is_open
    assert [first.number, second.number] == [1, 2]


def test_a_value_that_is_only_touched_is_no_alarm_where_it_must_persist() -> None:
    """QUEUE_DEPTH asks for two seconds, which are two HK packets."""
    packetizer = Packetizer()

    def alarms(depths: Sequence[int]) -> list[str]:
        monitor = Monitor(DICTIONARY)
        packets = [
            packetizer.make("HK", GOOD | {"QUEUE_DEPTH": depth}, 1000 + i)
            for i, depth in enumerate(depths)
        ]
        for decoded in _decoded(packets):
            monitor.check(decoded)
        return [a.severity for a in monitor.alarms.values()]

    assert alarms([0, 5000, 0, 5000, 0]) == []
    assert alarms([0, 5000, 5000, 0]) == [RED]


@settings(max_examples=25)
@given(
    st.lists(st.sampled_from([20.0, 23.0, 28.0, 35.0, 37.0]), min_size=1, max_size=30),
    st.integers(1, 9),
)
def test_alarms_do_not_depend_on_how_the_stream_is_cut(voltages: list[float], pieces: int) -> None:
    def what(alarms: Sequence[Alarm]) -> list[Alarm]:
        return [
            replace(a, onset_utc=0, raised_utc=0, return_utc=a.return_utc and 0) for a in alarms
        ]

    whole = what(_alarms(voltages))
    assert what(_alarms(voltages, pieces)) == whole
    # One alarm for each stretch outside the limits, and only the last can be open.
    outside = [v != 28.0 for v in voltages]
    onsets = sum(
        now and not before for before, now in zip([False, *outside], outside, strict=False)
    )
    assert len(whole) == onsets
    assert [a.is_open for a in whole] == [False] * (len(whole) - outside[-1]) + [True] * outside[-1]


def test_a_fatal_event_report_is_an_alarm_and_a_crossing_is_not_twice_one() -> None:
    packetizer = Packetizer()
    names = [row[0] for row in events.EVENTS]
    high = next(row[0] for row in events.EVENTS if row[1] == events.WARNING_HI)

    def report(name: str) -> Sent:
        row = events.EVENTS[names.index(name)]
        counts = {"EVR_ID": names.index(name), "EVR_SEVERITY": row[1]}
        return packetizer.make("EVR", counts, 1000)

    monitor = Monitor(DICTIONARY)
    for decoded in _decoded([report(high), report("LIMIT_RED"), report("COMMAND_DONE")]):
        monitor.check(decoded)
    assert [(a.channel, a.severity, a.is_open) for a in monitor.alarms.values()] == [
        (high, YELLOW, False)
    ]


@pytest.mark.parametrize("pieces", [1, 3])
def test_what_is_played_back_raises_no_alarm_but_for_a_report_that_was_lost(pieces: int) -> None:
    names = [row[0] for row in events.EVENTS]
    high = next(row[0] for row in events.EVENTS if row[1] == events.WARNING_HI)
    packetizer = Packetizer()
    seen, lost = (
        packetizer.make(
            "EVR",
            {
                "EVR_ID": names.index(high),
                "EVR_SEVERITY": events.WARNING_HI,
                "EVR_SEQUENCE": number,
            },
            1000 + number,
        )
        for number in (1, 2)
    )
    low = [packetizer.make("HK", {"BUS_VOLTAGE": 20 * VOLT}, 1000 + i) for i in range(5)]
    good = [packetizer.make("HK", GOOD, 1005 + i) for i in range(5)]
    monitor = Monitor(DICTIONARY)
    for decoded in _decoded([seen, *good], pieces, [*low, seen, lost]):
        monitor.check(decoded)
    assert [(a.channel, a.onset_sclk_s) for a in monitor.alarms.values()] == [
        (high, 1001),
        (high, 1002),
    ]
    assert not monitor.levels


def test_what_was_seen_yellow_must_be_seen_again_when_it_is_red(tmp_path: Path) -> None:
    index = Index(tmp_path, create=True)
    alarm = Alarm(1, "BUS_VOLTAGE", YELLOW, 1.0, 100.0, "23 V", "", 100.0)
    index.put_alarm(7, alarm)
    assert index.acknowledge(7, 1, "ada")
    assert not index.acknowledge(7, 2, "ada")
    (kept,) = index.alarms()
    assert (kept.id, kept.acknowledged_by) == ("7-1", "ada")
    assert kept.acknowledged_utc is not None
    later = kept.acknowledged_utc + 1
    index.put_alarm(7, replace(alarm, severity=RED, raised_utc=later))
    assert index.alarms(7) == [
        KeptAlarm(7, replace(alarm, severity=RED, raised_utc=later), None, None)
    ]
    index.close()


@pytest.mark.parametrize("name", ["HK", "CAM"])
def test_every_column_that_is_watched_is_there(name: str) -> None:
    packets = [Packetizer().make(name, {}, 1000)]
    (decoded,) = (d for d in _decoded(packets) if len(d.tables[name]))
    watched = [b.column for b in bounds(DICTIONARY) if b.packet == name]
    assert watched
    assert set(watched) <= set(decoded.tables[name].column_names)
