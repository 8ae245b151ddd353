"""Where do tests keep numbers over a reset, and what does a power cut leave there?"""

from __future__ import annotations

from collections.abc import MutableSequence

from fsw.link.antireplay import RECORD, SLOTS, AntiReplay, provision


class PowerCut(Exception):
    """The board has no power from here on."""


class Store:
    """Two slots, written octet by octet: a cut leaves the octets before it new, the rest old."""

    def __init__(self) -> None:
        self.slots = [bytearray(b"\xff" * RECORD) for _ in range(SLOTS)]
        self.writes = 0
        self.steps_left = -1  # until the power is cut; below 0: it is not
        self.works = True  # otherwise nothing is written any more

    def read(self, slot: int, buffer: MutableSequence[int]) -> None:
        for i in range(RECORD):
            buffer[i] = self.slots[slot][i]

    def write(self, slot: int, buffer: MutableSequence[int]) -> None:
        self.writes += 1
        if not self.works:
            return
        for i in range(RECORD):
            self.step()
            self.slots[slot][i] = buffer[i]

    def step(self) -> None:
        if self.steps_left == 0:
            raise PowerCut
        self.steps_left -= 1


class FlashStore(Store):
    """As flash: erased first, in a step of its own; a cut within an octet leaves it in between."""

    def write(self, slot: int, buffer: MutableSequence[int]) -> None:
        self.writes += 1
        self.step()
        self.slots[slot][:] = b"\xff" * RECORD
        for i in range(RECORD):
            self.slots[slot][i] = buffer[i] | 0x5A
            self.step()
            self.slots[slot][i] = buffer[i]


def provisioned(kind: type[Store] = Store, key_id: int = 7) -> Store:
    store = kind()
    provision(store, key_id)
    store.writes = 0
    return store


def numbers(store: Store, key_id: int = 7, ahead: int = 4, window: int = 100) -> AntiReplay:
    """As a board has it after a reset."""
    return AntiReplay(store, key_id, ahead, window)
