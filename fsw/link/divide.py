"""Which twin of the coding loops runs here? Machine code where the interpreter can make it."""

try:
    from fsw.link.divide_viper import add, divide
except (NameError, SyntaxError):  # CPython; MicroPython without a native emitter
    from fsw.link.divide_plain import add, divide  # noqa: F401
