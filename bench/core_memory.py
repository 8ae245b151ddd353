"""How much of the heap does a flight core hold once it has started?

Runs on MicroPython: INTERPRETER core_memory.py MISSION [files]. With files, the board can send them
down. Prints the octets that modules and flight
core hold.
"""

import gc
import sys

gc.collect()
before = gc.mem_alloc()

from boards import simlink  # noqa: E402 - what importing takes is part of the answer
from fsw import missions  # noqa: E402
from fsw.app import FlightCore  # noqa: E402

core = FlightCore(simlink.SimulatedBoard(files="files" in sys.argv), missions.load(sys.argv[1]))
core.start(core.mission.EI_SCLK, 0)
gc.collect()
print(gc.mem_alloc() - before)
