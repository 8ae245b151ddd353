"""What stays of everything that was received."""
