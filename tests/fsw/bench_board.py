"""What stands in for hardware in tests of single modules: a board that records what it is told."""

from __future__ import annotations

from boards.host.flash import SECTORS
from fsw.dictionary.channels import CHANNELS, ENUMS
from fsw.dictionary.index import channel
from fsw.kernel.checkpoint import RETAINED
from fsw.kernel.cvt import current_value_table
from fsw.kernel.events import Events
from tests.nor import NorFlash


class RecordingBoard:
    """Implements boards/__init__.py; time passes only when a test says so."""

    self_test = 0
    files = True
    thumbnails = None
    uplink_mode = ENUMS["UPLINK_MODE"].index("SIMULATION")

    def __init__(self) -> None:
        self.now_us = 0
        self.cadus: list[bytes] = []
        self.triggers: list[tuple[int, int, int]] = []
        self.outputs = 0
        self.powered = 0
        self.commands: list[bytes] = []
        self.feeds = 0
        self.retained = bytearray(RETAINED)
        self.away_frames = 0
        self.flash = NorFlash(SECTORS)

    def ticks_us(self) -> int:
        return self.now_us & ((1 << 30) - 1)

    def read_sensors(self, cvt: object) -> None:
        """Tests write the sensor channels themselves."""

    def read_triggers(self, cvt: object) -> None:
        """Tests write the trigger counters themselves."""

    def set_trigger(self, n: int, pulses: int, seconds: int) -> None:
        self.triggers.append((n, pulses, seconds))

    def power_cameras(self, mask: int) -> None:
        self.powered = mask

    def drive_outputs(self, mask: int) -> None:
        self.outputs = mask

    def downlink(self, cadu: bytearray) -> None:
        self.cadus.append(bytes(cadu))

    def uplink(self, buffer: bytearray) -> int:
        if not self.commands:
            return 0
        command = self.commands.pop(0)
        length = min(len(command), len(buffer))
        buffer[:length] = command[:length]
        return length

    def feed_watchdog(self) -> None:
        self.feeds += 1


class Values:
    """A current value table that tests address by channel name."""

    def __init__(self) -> None:
        self.cvt = current_value_table(CHANNELS)

    def __getitem__(self, name: str) -> int:
        value: int = self.cvt[channel(name)]
        return value

    def __setitem__(self, name: str, value: int) -> None:
        self.cvt[channel(name)] = value


def reported(events: Events, values: Values) -> list[int]:
    """Takes every event report that is waiting; the rows of EVENTS, oldest first."""
    ids = []
    for _ in range(events.waiting):
        events.take()
        ids.append(values["EVR_ID"])
    return ids
