"""The trigger program of the PIO, and what keeps its account: for every board that has one."""
