"""Which files can be sent down?

One row a file: name, source and its number there, the name that it has on the ground, description.
A file is what the board has of it when its transfer begins; not every board has every file at every
time.
"""

SOURCE, NUMBER, FILE_NAME = 1, 2, 3  # columns
CAMERAS = 8  # trigger channels

FILES = (
    ("PARAMETERS", "PARAMETERS", 0, "parameters.dump", "every parameter as it is now"),
    ("BLACKBOX", "BLACKBOX", 0, "blackbox.log", "the recorder's log, oldest record first"),
) + tuple(
    [
        (
            "THUMBNAIL%d" % n,
            "THUMBNAILS",
            n,
            "thumbnail%d.pgm" % n,
            "last small picture of a camera",
        )
        for n in range(CAMERAS)
    ]
)
