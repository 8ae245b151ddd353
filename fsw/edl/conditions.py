"""Does a condition of a mission table hold now?

A condition is (channel, operator, counts); a row of conditions holds when each of them does.
"""

from fsw.dictionary.index import channel

# At least; at most; all bits of the mask set; all of them clear.
GE, LE, ALL_SET, ALL_CLEAR = 0, 1, 2, 3


def compiled(conditions):
    """The same conditions with the channel's name resolved to its index. Raises KeyError."""
    return tuple([(channel(name), operator, counts) for name, operator, counts in conditions])


def hold(cvt, conditions):
    """Whether every compiled condition holds; an empty row never does."""
    for index, operator, counts in conditions:
        value = cvt[index]
        if operator == GE:
            if value < counts:
                return False
        elif operator == LE:
            if value > counts:
                return False
        elif operator == ALL_SET:
            if value & counts != counts:
                return False
        elif value & counts:
            return False
    return len(conditions) > 0
