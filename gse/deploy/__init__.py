"""How does the flight software get onto a board? Built, as an image, or over its serial port."""
