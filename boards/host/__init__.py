"""The board of a simulation: virtual time, trigger counters, all else over a lockstep link."""
