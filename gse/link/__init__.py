"""What came down, before anyone asks what it means: octets to transfer frames to space packets."""
