"""What do the octets that come mean, as soon as it can be known?

Which dictionary they are of, the first BOOT packet says; until it has come, octets wait. The raw
ones are kept meanwhile, so that nothing is lost when it does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse import identity
from gse.arrow import numbers
from gse.derived import Deriver
from gse.dictionary import Dictionary
from gse.limits import Alarm, Monitor
from gse.link.coding import FrameFinder, coding_of, seen
from gse.link.protection import coding_named
from gse.link.report import LinkReport
from gse.stream import Decoded, StreamDecoder, octets_of

_MOST_HELD = 1 << 22  # octets: BOOT comes every 16 s, which is 184 kB at 115200 baud
_LOOKED_BACK = 1 << 16  # octets before those looked at last, in which BOOT may have begun
_MORE = 8  # part of as many that must have come before the coding is looked for again


class ReceiveTimes(Protocol):
    """When octets came."""

    def at(self, octet: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Unix time in ns at which octet 0, 1, ... of the stream had come."""


@dataclass(frozen=True, slots=True)
class Batch:
    """decoded: with received_utc and the columns that the ground computes. alarms: that are new or
    have changed."""

    decoded: Decoded
    alarms: list[Alarm]


class Decoding:
    """Of one stream from its first octet on. dictionary, monitor: None until it is known."""

    def __init__(
        self,
        dictionary: Dictionary | None,
        coding: str | None,
        late_window: int,
        times: ReceiveTimes,
    ) -> None:
        """dictionary: the one asked for; by default that of the first BOOT packet. coding: one of
        Coding; by default that in which frames are good. late_window: as of StreamDecoder."""
        self.dictionary = dictionary
        self.monitor: Monitor | None = None
        self._coding = coding
        self._late_window = late_window
        self._times = times
        self._held = bytearray()
        self._looked = 0  # octets of it
        self._decoder: StreamDecoder | None = None
        self._deriver: Deriver | None = None
        if dictionary and coding:
            self._use(dictionary, coding, None)

    @property
    def report(self) -> LinkReport | None:
        """Counters so far; None until the dictionary is known."""
        return self._decoder.report if self._decoder else None

    def feed(self, octets: bytes) -> Iterator[Batch]:
        """What these octets complete.

        Raises UserError when a BOOT packet names another dictionary.
        """
        if self._decoder:
            yield self._whole(self._decoder.feed(octets))
            return
        self._held += octets
        if self._is_known() or len(self._held) > _MOST_HELD:
            yield self._begin()

    def finish(self) -> Iterator[Batch]:
        """What is complete without what follows. Raises UserError as feed() does."""
        if self._decoder is None and self._held:
            yield self._begin()
        if self._decoder:
            yield self._whole(self._decoder.finish())

    def _is_known(self) -> bool:
        """Whether what came last says what all of it is: a BOOT packet, or a good frame where the
        dictionary is known."""
        fresh = len(self._held) - self._looked
        if not self._coding and _MORE * fresh < min(len(self._held), _LOOKED_BACK):
            return False  # to try all codings takes a while
        octets = octets_of(bytes(self._held[max(self._looked - _LOOKED_BACK, 0) :]))
        self._looked = len(self._held)
        self._coding = self._coding or seen(octets)
        if self._coding is None:
            return False
        if self.dictionary:
            finder = FrameFinder(self._coding)
            return any(len(f.offset) for f in (finder.feed(octets), finder.finish()))
        return identity.first(octets, self._coding) is not None

    def _begin(self) -> Batch:
        """What the octets held say."""
        held, self._held = bytes(self._held), bytearray()
        octets = octets_of(held)
        coding = self._coding or coding_of(octets)
        # However the octets come: of a dictionary asked for, BOOT is not waited for.
        boot = None if self.dictionary else identity.first(octets, coding)
        dictionary = self.dictionary or identity.dictionary_for(octets, coding)
        entry_s = boot.entry_s(dictionary) if boot else None
        return self._whole(self._use(dictionary, coding, entry_s).feed(held))

    def _use(self, dictionary: Dictionary, coding: str, entry_s: int | None) -> StreamDecoder:
        self.dictionary = dictionary
        self._length = coding_named(coding).cadu_length
        self._decoder = StreamDecoder(
            dictionary, coding, late_window=self._late_window, entry_s=entry_s
        )
        self._deriver = Deriver(dictionary.mission)
        self.monitor = Monitor(dictionary)
        return self._decoder

    def _whole(self, decoded: Decoded) -> Batch:
        """With all that the ground knows."""
        assert self._deriver
        assert self.monitor
        decoded = self._deriver.add(self._timed(decoded))
        return Batch(decoded, self.monitor.check(decoded))

    def _timed(self, decoded: Decoded) -> Decoded:
        """With the time at which the frame of each row had come whole."""

        def timed(table: pa.Table) -> pa.Table:
            ends = table["offset"].to_numpy() + (self._length - 1)
            utc = numbers(self._times.at(ends) // 1000).cast(pa.timestamp("us"))
            place = table.schema.get_field_index("virtual_channel") + 1
            return table.add_column(place, "received_utc", utc)

        tables = {name: timed(table) for name, table in decoded.tables.items()}
        return replace(decoded, tables=tables, events=timed(decoded.events))
