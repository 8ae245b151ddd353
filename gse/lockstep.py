"""What do the messages of the lockstep link carry, seen from the ground?

Their layout is in boards/simlink.py.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from boards import simlink
from fsw.dictionary import flown
from fsw.dictionary.index import channel
from fsw.dictionary.packets import ACTUATOR_FRAME, SENSOR_FRAME
from fsw.kernel.cvt import current_value_table
from fsw.link.fields import Fields
from fsw.link.layout import CODINGS
from gse.link.protection import Coding, coding_named


@dataclass(frozen=True, slots=True)
class Begin:
    """How a flight begins: what a BEGIN message carries."""

    mission: str
    sclk_s: int
    reset_cause: int
    away_frames: int = 0  # minor frames that a reset took
    coding: str = ""  # of the downlink, one of Coding; by default the mission's

    def payload(self) -> bytes:
        return (
            self.sclk_s.to_bytes(4, "big")
            + bytes([self.reset_cause])
            + self.away_frames.to_bytes(2, "big")
            + bytes([self._coding_octet()])
            + self.mission.encode("ascii")
        )

    def _coding_octet(self) -> int:
        if not self.coding:
            return 0
        coding = coding_named(self.coding)
        return coding.interleave - 1 << 4 | CODINGS.index(coding.scheme) + 1

    @property
    def scheme(self) -> str:
        """What FlightCore takes for its coding."""
        return coding_named(self.coding).scheme if self.coding else ""

    @property
    def interleave(self) -> int:
        """What FlightCore takes for it."""
        return coding_named(self.coding).interleave if self.coding else 0

    @classmethod
    def parse(cls, payload: bytes) -> Begin:
        """Raises ValueError for a payload too short, not ASCII, or with a coding unknown here."""
        if len(payload) <= simlink.MISSION:
            raise ValueError(f"a BEGIN message has more than {simlink.MISSION} octets")
        return cls(
            payload[simlink.MISSION :].decode("ascii"),
            int.from_bytes(payload[:4], "big"),
            payload[4],
            int.from_bytes(payload[5:7], "big"),
            _coding_in(payload),
        )


def _coding_in(payload: bytes) -> str:
    interleave = simlink.interleave(payload)
    return Coding.of(simlink.coding(payload), interleave) if interleave else ""


@dataclass(frozen=True, slots=True)
class Begun:
    """What the target answers to BEGIN."""

    fingerprint: int
    interpreter: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The last small picture of a camera, by trigger channel: what a PICTURE message carries."""

    camera: int
    octets: bytes

    def message(self) -> bytes:
        return message(simlink.PICTURE, bytes([self.camera]) + self.octets)


def message(kind: int, payload: bytes) -> bytes:
    """A whole message of the lockstep link."""
    checked = bytes([kind]) + len(payload).to_bytes(2, "big") + payload
    check = binascii.crc_hqx(checked, 0xFFFF)
    return bytes([simlink.MAGIC_0, simlink.MAGIC_1]) + checked + check.to_bytes(2, "big")


class Actuators:
    """Takes ACTUATORS payloads apart: channels of ACTUATOR_FRAME, then octets of the downlink."""

    def __init__(self) -> None:
        self._fields = Fields(flown.KINDS, flown.ACTUATOR_FRAME)
        self._cvt = current_value_table(flown.KINDS)
        self._indices = [channel(name) for name in ACTUATOR_FRAME]

    def parse(self, payload: bytes) -> tuple[list[int], bytes]:
        """Values in the order of ACTUATOR_FRAME, and what was sent down in this minor frame."""
        end = self._fields.unpack(self._cvt, payload, 0)
        return [self._cvt[i] for i in self._indices], payload[end:]


class SensorMessages:
    """Puts SENSORS messages together from counts in the order of SENSOR_FRAME."""

    def __init__(self) -> None:
        self._fields = Fields(flown.KINDS, flown.SENSOR_FRAME)
        self._cvt = current_value_table(flown.KINDS)
        self._indices = [channel(name) for name in SENSOR_FRAME]
        self._payload = bytearray(self._fields.length)

    def build(self, counts: Sequence[int], uplink: bytes = b"") -> bytes:
        for i, value in zip(self._indices, counts, strict=True):
            self._cvt[i] = value
        self._fields.pack(self._cvt, self._payload, 0)
        return message(simlink.SENSORS, bytes(self._payload) + uplink)
