"""What the flight code does in plain Python, once more for the processor itself: same results."""
