"""Which missions can be flown?

A mission is a module of plain data: thresholds, windows, timers, deployments, camera plan, link.
"""

NAMES = ("mars2020", "droptest")


def load(name):
    """The mission module of that name. Raises ValueError for a name not in NAMES."""
    if name == "mars2020":
        from fsw.missions import mars2020

        return mars2020
    if name == "droptest":
        from fsw.missions import droptest

        return droptest
    raise ValueError("no mission named %s; there are: %s" % (name, ", ".join(NAMES)))
