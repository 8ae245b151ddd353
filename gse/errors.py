"""How is the user told what went wrong?"""


class UserError(Exception):
    """One sentence that names what is wrong and how to go on; shown without a traceback."""
