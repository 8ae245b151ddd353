"""How long does the flight core take for the minor frames of a recording?

Runs on CPython and on MicroPython alike: INTERPRETER bench/core_loop.py RECORDING. Prints the minor
frames flown and the microseconds that they took, reading and checking of the file not counted.
"""

import sys
import time

from boards import simlink
from fsw import missions
from fsw.app import FlightCore


def main(path):
    board = simlink.SimulatedBoard()
    header = bytearray(simlink.HEADER)
    with open(path, "rb") as file:
        core = _begin(file, header, board)
        frames = 0
        spent_us = 0
        while file.readinto(header) == simlink.HEADER:
            length = simlink.payload_length(header)
            payload = file.read(length + simlink.CHECK)
            board.payload[: len(payload)] = payload
            before = _now_us()
            board.begin_frame(length)
            core.minor_frame()
            board.end_frame(core.cvt)
            spent_us += _now_us() - before
            frames += 1
    print(frames, spent_us)


def _begin(file, header, board):
    file.readinto(header)
    payload = file.read(simlink.payload_length(header) + simlink.CHECK)[: -simlink.CHECK]
    mission = missions.load(payload[simlink.MISSION :].decode())
    core = FlightCore(board, mission, simlink.coding(payload), simlink.interleave(payload))
    board.make_room(core)
    core.start(int.from_bytes(payload[:4], "big"), payload[4])
    return core


def _now_us():
    if sys.implementation.name == "micropython":
        return time.ticks_us()
    return time.perf_counter_ns() // 1000


main(sys.argv[1])
