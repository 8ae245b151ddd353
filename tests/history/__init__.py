"""Landings that failed, flown again: the flight code must hold, a naive variant must fail."""
