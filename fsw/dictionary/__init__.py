"""What crosses a link? Channels, packets, events, commands and parameters: the one source of truth.

Both runtimes import these tables. Flight packing, ground decoding, documents and command encoding
are derived from them; a layout is typed nowhere else.
"""
