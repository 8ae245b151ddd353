"""Which twin of the innermost loops runs here? Machine code where the interpreter can make it.

They are what is done with every octet of the link and with every field of a packet; on a board the
machine code takes a thirtieth of the time. CPython has libraries in C for them.
"""

try:
    from fsw.kernel import loops_viper as _twin
except (NameError, SyntaxError, ValueError):
    # CPython; MicroPython without a native emitter; machine code compiled for another processor.
    try:
        from fsw.kernel import loops_cpython as _twin
    except ImportError:
        from fsw.kernel import loops_plain as _twin

add = _twin.add
check = _twin.check
copy = _twin.copy
divide = _twin.divide
hold = _twin.hold
pack = _twin.pack
