"""Ground support for edlcam: simulates the descent, decodes the downlink, shows and checks it."""
