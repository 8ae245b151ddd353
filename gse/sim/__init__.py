"""What does a flight core meet on its way down? A simulated vehicle, air, sensors and cameras."""
