"""What does a board do at its end of the lockstep link? Flies one flight core, frame by frame.

Runs on any interpreter: the caller brings the stream, and what locks the heap.
"""

import sys

from boards import simlink
from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.index import channel

_DICTIONARY_HASH = channel("DICTIONARY_HASH")


class Server:
    """One end of the link, over a stream of two methods:

    read(buffer, n) -> bool fills buffer[:n], False when the stream has ended;
    write(buffer, n) sends buffer[:n].
    """

    def __init__(self, stream, ticks_us, lock_heap, unlock_heap, flash=None, files=False):
        """ticks_us: the interpreter's own clock, microseconds modulo 2^30, for verification only.
        lock_heap: called when nothing may allocate any more; unlock_heap: before that ends.
        flash, files: of the board, see boards; flash stays over a reset."""
        self._stream = stream
        self._lock_heap = lock_heap
        self._unlock_heap = unlock_heap
        self._header = bytearray(simlink.HEADER)
        self.board = simlink.SimulatedBoard(flash, files)
        self._core = None
        self._ticks_us = ticks_us
        self._verifier = None

    def run(self):
        """Serves until told to quit or until the stream ends."""
        while self.serve_message():
            pass

    def serve_message(self):
        """Reads one message and answers it; False when it was the last."""
        header = self._header
        board = self.board
        if not self._stream.read(header, simlink.HEADER):
            return False
        length = simlink.payload_length(header)
        if length < 0:
            return self._fail("not a message of the simulation link")
        if not self._stream.read(board.payload, length + simlink.CHECK):
            return False
        if not simlink.is_intact(header, board.payload, length):
            return self._fail("damaged message")
        kind = header[2]
        if kind == simlink.SENSORS and self._core:
            return self._fly(length)
        if kind == simlink.PICTURE and self._core:
            return board.take_picture(length) or self._fail("no picture")
        if kind == simlink.BEGIN:
            return self._begin(length)
        if kind in (simlink.FUNCTIONS, simlink.CALL):
            return self._verify(kind, length)
        return self._fail("nothing begun") if kind != simlink.QUIT else False

    def _fly(self, length):
        board = self.board
        if not board.begin_frame(length):
            return self._fail("sensor frame too short")
        self._core.minor_frame()
        self._stream.write(board.reply, board.end_frame(self._core.cvt))
        return True

    def _verify(self, kind, length):
        # Imported when it is asked for: a flight needs none of it.
        from boards.verify import Functions, Verifier

        if kind == simlink.FUNCTIONS:
            self._verifier = Verifier(self._ticks_us)
            self._send(simlink.NAMES, Functions().names().encode())
            return True
        if not self._verifier:
            return self._fail("functions were called before they were asked for")
        try:
            self._send(simlink.RESULTS, self._verifier.answer(self.board.payload, length))
        except ValueError as error:
            return self._fail(str(error))
        return True

    def _begin(self, length):
        if self._core:
            self._unlock_heap()  # a reset in flight
        payload = self.board.payload
        self.board.restart((payload[5] << 8) | payload[6])
        try:
            sclk_s = simlink.sclk_s(payload)
            mission = missions.load(bytes(payload[simlink.MISSION : length]).decode())
            coding, interleave = simlink.coding(payload), simlink.interleave(payload)
            self._core = FlightCore(self.board, mission, coding, interleave)
        except ValueError as error:
            return self._fail(str(error))
        self.board.make_room(self._core)
        self._core.start(sclk_s, payload[4])
        fingerprint = self._core.cvt[_DICTIONARY_HASH]
        self._send(simlink.BEGUN, fingerprint.to_bytes(4, "big") + sys.implementation.name.encode())
        self._lock_heap()
        return True

    def _fail(self, reason):
        self._send(simlink.ERROR, reason.encode())
        return False

    def _send(self, kind, payload):
        reply = self.board.reply
        reply[simlink.HEADER : simlink.HEADER + len(payload)] = payload
        self._stream.write(reply, simlink.seal(reply, kind, len(payload)))
