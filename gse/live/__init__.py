"""Live data: what is received now, from where, and for whom."""
