"""Which packets are due in this minor frame? Runs the periods and phases of PACKETS.

Each telemetry task of the schedule sends the rows that name it; event reports follow as they come.
"""

from fsw.dictionary.index import channel, packet
from fsw.dictionary.packets import CAMERAS, HOUSEKEEPING
from fsw.link.packets import NAME, PERIOD, PHASE, PRIORITY, TASK
from fsw.schedule import MAJOR_FRAME

_FRAME_COUNT = channel("FRAME_COUNT")
_SCLK_S = channel("SCLK_S")
_SCLK_FRACTION = channel("SCLK_FRACTION")
_PLAYBACK_FIRST = channel("PLAYBACK_FIRST")
_EVR = packet("EVR")

_REPORTS_A_FRAME = 4  # event reports packed in one minor frame, so that a burst is spread


def _slots(packets, silent, task):
    """For each minor frame of the major frame, the rows of a task that can be due in it."""
    rows = [
        i
        for i in range(len(packets))
        if packets[i][TASK] == task and packets[i][PERIOD] and packets[i][NAME] not in silent
    ]
    return tuple(
        [
            bytes(
                [
                    i
                    for i in rows
                    if (frame - packets[i][PHASE]) % min(packets[i][PERIOD], MAJOR_FRAME) == 0
                ]
            )
            for frame in range(MAJOR_FRAME)
        ]
    )


class Telemetry:
    """Packs what is due into the queues, and hands it to the recorder."""

    def __init__(self, packets, silent, packetizer, queues, cvt, events, recorder):
        """silent: names of packets that the mission has no use for; they are never sent."""
        self._packets = packets
        self._packetizer = packetizer
        self._queues = queues
        self._cvt = cvt
        self._events = events
        self._recorder = recorder
        self._scratch = bytearray(max(packetizer.lengths))  # of packets that are recorded only
        # What a board at rest need not say while playback has much to tell.
        self._gives_way = bytes(
            [
                1 if row[PRIORITY] >= CAMERAS and row[PRIORITY] != HOUSEKEEPING else 0
                for row in packets
            ]
        )
        self._critical = _slots(packets, silent, "TELEMETRY")
        self._housekeeping = _slots(packets, silent, "HOUSEKEEPING")
        self._bulk = _slots(packets, silent, "BULK_TELEMETRY")

    def run_critical(self):
        """Task TELEMETRY: event reports, then descent, camera and navigation packets."""
        events = self._events
        priority = self._packets[_EVR][PRIORITY]
        for _ in range(_REPORTS_A_FRAME):
            if not events.waiting or not self._queues.has_room(priority):
                break
            events.take()
            self._send(_EVR, events.seconds, events.fraction)
        self._run(self._critical)

    def run_housekeeping(self):
        """Task HOUSEKEEPING."""
        self._run(self._housekeeping)

    def run_bulk(self):
        """Task BULK_TELEMETRY."""
        self._run(self._bulk)

    def send(self, row):
        """Packs a row of PACKETS now, stamped with the time of this minor frame."""
        self._send(row, self._cvt[_SCLK_S], self._cvt[_SCLK_FRACTION])

    def record(self, row):
        """Packs a row of PACKETS now, for the recorder alone."""
        self._record(row, self._cvt[_SCLK_S], self._cvt[_SCLK_FRACTION])

    def _run(self, slots):
        frame = self._cvt[_FRAME_COUNT]
        playback_first = self._cvt[_PLAYBACK_FIRST]
        packets = self._packets
        for row in slots[frame & (MAJOR_FRAME - 1)]:
            if playback_first and self._gives_way[row]:
                continue
            if frame % packets[row][PERIOD] == packets[row][PHASE]:
                self.send(row)

    def _send(self, row, seconds, fraction):
        packetizer = self._packetizer
        priority = self._packets[row][PRIORITY]
        length = packetizer.lengths[row]
        at = self._queues.put(priority, length)
        if at >= 0:
            buffer = self._queues.buffer
            packetizer.pack(row, seconds, fraction, buffer, at)
            if self._recorder.keeps >= priority:
                self._recorder.put(buffer, at, length)
        elif self._recorder.keeps >= priority:
            self._record(row, seconds, fraction)
        else:
            packetizer.skip(row)

    def _record(self, row, seconds, fraction):
        packetizer = self._packetizer
        packetizer.pack(row, seconds, fraction, self._scratch, 0)
        self._recorder.put(self._scratch, 0, packetizer.lengths[row])
