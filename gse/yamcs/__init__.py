"""How does a Yamcs server take our downlink and command us? Its configuration, and the server."""
