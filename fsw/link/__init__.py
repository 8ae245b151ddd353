"""What leaves and enters by radio or cable: space packets, transfer frames, commands."""
