"""What make bench and make soak run: every figure that the project quotes comes from here."""
