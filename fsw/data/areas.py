"""Who has which sectors of the board's flash?

A board's flash is NOR flash, see boards/__init__.py: PAGES pages of PAGE octets in each sector. A
page is programmed at once, and only takes bits from 1 to 0; only a whole sector can be erased, and
that takes the processor tens of milliseconds.
"""

PAGE = 256
PAGES = 15  # of a sector of 4,096 octets: the first page belongs to the board, see boards
ERASED = 0xFF

# Sectors from the first on; what is left, if RECORDER_LEAST or more, is the recorder's.
AREAS = (
    ("NUMBERS", 2),  # of commands used, see fsw.link.antireplay
    ("PARAMETERS", 2),  # two banks
    ("SEQUENCES", 4),
)
RECORDER_LEAST = 4


def area(name):
    """First sector and sectors of an area. Raises KeyError for a name that is not in AREAS."""
    first = 0
    for row in AREAS:
        if row[0] == name:
            return first, row[1]
        first += row[1]
    raise KeyError(name)


def recorder_area(flash):
    """First sector and sectors of the recorder, which are 0 in a flash too small for one; flash:
    None where the board has none."""
    first = sum([row[1] for row in AREAS])
    sectors = flash.sectors - first if flash is not None else 0
    return first, sectors if sectors >= RECORDER_LEAST else 0
