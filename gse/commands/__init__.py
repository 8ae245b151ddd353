"""The commands of edlcam, one module each."""
