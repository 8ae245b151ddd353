"""How does what is received reach the archive and every screen, without a screen holding it up?

The thread that receives does nothing but keep the raw octets; another decodes them, in batches, and
hands each batch to the archive and to the subscribers, who take them when they like.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gse.archive.archive import Archive
from gse.archive.index import KeptAlarm
from gse.archive.raw import About, LiveTimes
from gse.decode import Decoded
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.link.frames import LATE_WINDOW
from gse.link.report import LinkReport
from gse.live.decoding import Batch, Decoding
from gse.live.source import Link, Source, State

_WAIT_S = 0.1  # for octets, before anything else is looked at
_BATCH_S = 0.1  # octets that come within so long are decoded together
_PIECE = 1 << 18  # octets decoded together at most: a file read freely must not be one batch


@dataclass(frozen=True, slots=True)
class Status:
    """How it goes. octets: received; acknowledged: of them on the disk, 0 without an archive;
    unwritten: of them waiting for space on it.

    last_octet_utc: Unix time, None before the first. lag_s: how long the oldest octets that are not
    decoded yet have waited. report: counters of the link so far, None until the dictionary is
    known. refused: why nothing is decoded any more, else "". archive_error: what cannot be written,
    else "". connections: how many there have been. running: False once it has ended.
    """

    source: State
    connections: int
    octets: int
    acknowledged: int
    unwritten: int
    last_octet_utc: float | None
    lag_s: float
    dictionary: Dictionary | None
    report: LinkReport | None
    refused: str
    archive_error: str
    running: bool


class Subscription:
    """What one reader has still to take: everything from subscribe() on, however slow it is."""

    def __init__(self) -> None:
        self._batches: deque[Decoded] = deque()

    def put(self, decoded: Decoded) -> None:
        self._batches.append(decoded)

    def drain(self) -> list[Decoded]:
        """Batches since the last call, in order; each row is in one of them. From any thread."""
        taken = []
        while True:
            try:
                taken.append(self._batches.popleft())
            except IndexError:
                return taken


class Session:
    """Receives until it is stopped, or the source has ended. For use with `with`."""

    def __init__(
        self,
        source: Source,
        dictionary: Dictionary | None = None,
        archive: Archive | None = None,
        coding: str | None = None,
    ) -> None:
        """dictionary: None for that of the first BOOT packet. archive: stays the caller's to close.
        coding: one of Coding; None for that in which frames are good.

        Raises UserError when the archive cannot be written.
        """
        self._source = source
        self._index = archive.index if archive else None
        self._seen: dict[int, KeptAlarm] = {}  # alarms acknowledged without an archive
        self._times = LiveTimes()
        window = 0 if source.keeps_order else LATE_WINDOW
        self._decoding = Decoding(dictionary, coding, window, self._times)
        mission = dictionary.mission if dictionary else ""
        about = About(source.name, coding or "", mission, window, time.time())
        self._recording = archive.begin(about) if archive else None
        self._run = self._recording.run if self._recording else 0
        self._pieces: deque[tuple[bytes, float]] = deque()
        self._subscriptions: list[Subscription] = []
        self._octets = 0
        self._last_octet_utc: float | None = None
        self._decoded_s: float | None = None  # when the octets being decoded came
        self._refused = ""
        self._stop = threading.Event()
        self._received_all = threading.Event()
        self._receiver = threading.Thread(target=self._receive, name="receive", daemon=True)
        self._decoder = threading.Thread(target=self._decode, name="decode", daemon=True)

    def __enter__(self) -> Session:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begins to receive."""
        self._receiver.start()
        self._decoder.start()

    def stop(self) -> None:
        """Ends: what was received is decoded, given to subscribers and archived.

        Raises UserError when not everything could be archived.
        """
        self._stop.set()
        self.join()
        self._source.close()
        recording, self._recording = self._recording, None
        if recording:
            recording.finish(self._decoding.report, self._refused or None)

    def join(self, timeout_s: float | None = None) -> bool:
        """Waits until the source has ended and all is decoded; whether it has."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        for thread in (self._receiver, self._decoder):
            if thread.ident is None:
                continue  # stopped before it was started
            thread.join(None if until is None else max(until - time.monotonic(), 0))
        return not self._decoder.is_alive()

    def subscribe(self) -> Subscription:
        """Gives everything that is decoded from now on."""
        made = Subscription()
        self._subscriptions.append(made)
        return made

    def send(self, octets: bytes) -> None:
        """Sends up on the same link. Raises UserError when it is not connected."""
        self._source.send(octets)

    @property
    def levels(self) -> Mapping[str, str]:
        """YELLOW or RED of each column that is outside its limits now."""
        monitor = self._decoding.monitor
        return monitor.levels if monitor else {}

    @property
    def alarms(self) -> list[KeptAlarm]:
        """Those of this session, in the order of their onset."""
        monitor = self._decoding.monitor
        if monitor is None:
            return []
        kept = self._seen
        if self._index:
            kept = {k.alarm.number: k for k in self._index.alarms(self._run)}
        return [
            replace(kept.get(number) or KeptAlarm(self._run, alarm), alarm=alarm)
            for number, alarm in sorted(monitor.alarms.copy().items())
        ]

    def acknowledge(self, alarm: KeptAlarm, who: str) -> None:
        """Says that somebody has seen an alarm."""
        if self._index:
            self._index.acknowledge(alarm.run, alarm.alarm.number, who)
        else:
            seen = replace(alarm, acknowledged_utc=time.time(), acknowledged_by=who)
            self._seen[alarm.alarm.number] = seen

    @property
    def status(self) -> Status:
        recording = self._recording
        oldest = self._oldest()
        return Status(
            source=self._source.state,
            connections=self._source.connections,
            octets=self._octets,
            acknowledged=recording.acknowledged if recording else 0,
            unwritten=recording.unwritten if recording else 0,
            last_octet_utc=self._last_octet_utc,
            lag_s=max(time.monotonic() - oldest, 0.0) if oldest is not None else 0.0,
            dictionary=self._decoding.dictionary,
            report=self._decoding.report,
            refused=self._refused,
            archive_error=recording.error if recording else "",
            running=self._decoder.is_alive(),
        )

    def _oldest(self) -> float | None:
        """When the oldest octets came that are not decoded yet."""
        decoded_s = self._decoded_s
        if decoded_s is not None:
            return decoded_s
        try:
            return self._pieces[0][1]
        except IndexError:
            return None

    def _receive(self) -> None:
        try:
            self._receive_all()
        except Exception as error:
            self._refused = str(error) or repr(error)
            raise
        finally:
            self._received_all.set()

    def _receive_all(self) -> None:
        link: State | None = None
        while not self._stop.is_set() and self._source.state.link is not Link.ENDED:
            octets = self._source.receive(_WAIT_S)
            if octets:
                self._take(octets)
            elif self._recording:
                self._recording.retry()
            if self._recording and self._source.state != link:
                link = self._source.state
                self._recording.note_link(link.link.value, link.why, link.since)

    def _take(self, octets: bytes) -> None:
        now_ns = time.time_ns()
        if self._recording:
            self._recording.append(octets, now_ns)
        self._octets += len(octets)
        self._last_octet_utc = now_ns / 1e9
        self._times.append(self._octets, now_ns)
        self._pieces.append((octets, time.monotonic()))

    def _decode(self) -> None:
        try:
            while not (self._received_all.is_set() and not self._pieces):
                if not self._pieces:
                    self._received_all.wait(_BATCH_S)
                    continue
                self._publish(self._decoding.feed(self._next_octets()))
                self._decoded_s = None
                self._received_all.wait(_BATCH_S if len(self._pieces) < 2 else 0)
            self._publish(self._decoding.finish())
        except Exception as error:
            self._refused = str(error) or repr(error)  # raw octets go on being kept
            self._pieces = deque(maxlen=0)
            if not isinstance(error, UserError):
                raise

    def _next_octets(self) -> bytes:
        self._decoded_s = self._pieces[0][1]
        size, taken = 0, []
        while self._pieces and size < _PIECE:
            taken.append(self._pieces.popleft()[0])
            size += len(taken[-1])
        return b"".join(taken)

    def _publish(self, batches: Iterator[Batch]) -> None:
        for batch in batches:
            if not any(len(table) for table in batch.decoded.tables.values()):
                continue
            if self._recording:
                self._recording.keep(batch)
            for subscription in tuple(self._subscriptions):
                subscription.put(batch.decoded)
