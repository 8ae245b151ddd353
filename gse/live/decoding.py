"""What do the octets that come mean, as soon as it can be known?

Which dictionary they are of, the first BOOT packet says; until it has come, octets wait. The raw
ones are kept meanwhile, so that nothing is lost when it does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse import identity
from gse.decode import Decoded, decode, octets_of
from gse.dictionary import Dictionary
from gse.link.coding import cadu_length
from gse.link.report import LinkReport

_MOST_HELD = 1 << 22  # octets: BOOT comes every 16 s, which is 184 kB at 115200 baud
_LOOKED_BACK = 1 << 16  # octets before those that came last, in which BOOT may have begun


class ReceiveTimes(Protocol):
    """When octets came."""

    def at(self, octet: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Unix time in ns at which octet 0, 1, ... of the stream had come."""


class Decoding:
    """Of one stream from its first octet on. dictionary: None until it is known."""

    def __init__(self, dictionary: Dictionary | None, coding: str, times: ReceiveTimes) -> None:
        """dictionary: the one asked for; by default that of the first BOOT packet."""
        self.dictionary = dictionary
        self._coding = coding
        self._times = times
        self._held = bytearray()
        self._decoder = StreamDecoder(dictionary, coding) if dictionary else None

    @property
    def report(self) -> LinkReport | None:
        """Counters so far; None until the dictionary is known."""
        return self._decoder.report if self._decoder else None

    def feed(self, octets: bytes) -> Iterator[Decoded]:
        """What these octets complete, with received_utc.

        Raises UserError when a BOOT packet names another dictionary.
        """
        if self._decoder:
            yield self._timed(self._decoder.feed(octets))
            return
        start = max(len(self._held) - _LOOKED_BACK, 0)
        self._held += octets
        found = identity.first(octets_of(bytes(self._held[start:])), self._coding)
        if found is None and len(self._held) > _MOST_HELD:
            found = identity.dictionary_for(octets_of(bytes(self._held)), self._coding)
        if found:
            yield self._begin(found)

    def finish(self) -> Iterator[Decoded]:
        """What is complete without what follows. Raises UserError as feed() does."""
        if self._decoder is None and self._held:
            yield self._begin(identity.dictionary_for(octets_of(bytes(self._held)), self._coding))
        if self._decoder:
            yield self._timed(self._decoder.finish())

    def _begin(self, dictionary: Dictionary) -> Decoded:
        """What the octets held say."""
        self.dictionary = dictionary
        self._decoder = StreamDecoder(dictionary, self._coding)
        held, self._held = bytes(self._held), bytearray()
        return self._timed(self._decoder.feed(held))

    def _timed(self, decoded: Decoded) -> Decoded:
        """With the time at which the frame of each row had come whole."""
        length = cadu_length(self._coding)

        def timed(table: pa.Table) -> pa.Table:
            ends = table["offset"].to_numpy() + (length - 1)
            utc = pa.array(self._times.at(ends) // 1000, pa.int64()).cast(pa.timestamp("us"))
            place = table.schema.get_field_index("virtual_channel") + 1
            return table.add_column(place, "received_utc", utc)

        tables = {name: timed(table) for name, table in decoded.tables.items()}
        return replace(decoded, tables=tables, events=timed(decoded.events))


class StreamDecoder:
    """Stands in until the streaming decoder is there: decodes everything so far again."""

    def __init__(self, dictionary: Dictionary, coding: str) -> None:
        self._dictionary = dictionary
        self._coding = coding
        self._octets = bytearray()
        self._given: dict[str, int] = {}
        self.report = LinkReport()

    def feed(self, octets: bytes) -> Decoded:
        self._octets += octets
        whole = decode(bytes(self._octets), self._dictionary, self._coding)
        self.report = whole.report
        new = {name: t.slice(self._given.get(name, 0)) for name, t in whole.tables.items()}
        events = whole.events.slice(self._given.get("events", 0))
        self._given = {name: len(t) for name, t in whole.tables.items()}
        self._given["events"] = len(whole.events)
        return replace(whole, tables=new, events=events)

    def finish(self) -> Decoded:
        return self.feed(b"")
