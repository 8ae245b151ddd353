"""What does ARG=VALUE of a command mean in counts? The dictionary says: unit, names, range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from gse.dictionary import Argument, Channel, Command, Dictionary
from gse.errors import UserError

_LONGEST_EXPONENT = 3  # characters: an exact number with a longer one would fill the memory


def find(dictionary: Dictionary, name: str) -> Command:
    """A command by name. Raises UserError when there is none."""
    for command in dictionary.commands:
        if command.name == name:
            return command
    raise UserError(f"no command {name!r}: edlcam command --list names those there are")


def in_counts(dictionary: Dictionary, command: Command, given: Iterable[str]) -> dict[str, int]:
    """Counts by argument, of texts such as altitude=9500.5.

    Raises UserError for one that is not there, missing, doubled, no number, or out of range.
    """
    texts: dict[str, str] = {}
    expected = [argument.name for argument in command.arguments]
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in expected:
            takes = ", ".join(expected) or "no arguments"
            raise UserError(f"{text!r} is no argument: {command.name} takes {takes}")
        if name in texts:
            raise UserError(f"{name} is given twice")
        texts[name] = value
    if missing := [name for name in expected if name not in texts]:
        raise UserError(f"{command.name} needs {', '.join(missing)} too: write {missing[0]}=VALUE")
    counts: dict[str, int] = {}
    for argument in command.arguments:
        meant = _of_parameter(dictionary, argument, counts.get("parameter"))
        counts[argument.name] = _count(dictionary, meant, texts[argument.name])
    return counts


def _of_parameter(dictionary: Dictionary, argument: Argument, parameter: int | None) -> Argument:
    """The value of a parameter has that parameter's unit and range."""
    if argument.name != "value" or parameter is None:
        return argument
    if parameter >= len(dictionary.parameters):
        raise UserError(
            f"there is no parameter {parameter}: the last one is {len(dictionary.parameters) - 1}"
        )
    row = dictionary.parameters[parameter]
    return Argument(argument.name, row.channel, row.lowest, row.highest)


def describe(dictionary: Dictionary, argument: Argument) -> str:
    """What an argument takes: names, or range and unit."""
    if names := _names(dictionary, argument):
        return f"one of {', '.join(names.values())}; or its number"
    lowest, highest = (dictionary.format_value(argument.channel, n) for n in _range(argument))
    return f"{lowest} .. {highest}" + ("" if argument.channel else " counts")


def choices(dictionary: Dictionary, argument: Argument) -> list[str]:
    """Names that an argument takes; none for a number."""
    return list(_names(dictionary, argument).values())


def _range(argument: Argument) -> Iterator[int]:
    yield argument.lowest
    yield argument.highest


def _names(dictionary: Dictionary, argument: Argument) -> dict[int, str]:
    """Names by number, within the range; none where the argument is a quantity."""
    channel = dictionary.channels.get(argument.channel)
    table = channel.table if channel and channel.kind == "enum" else ""
    if argument.channel == "CAMERA":
        table = "CAMERA"
    names = dictionary.enums[table] if table else {}
    return {n: name for n, name in names.items() if argument.lowest <= n <= argument.highest}


def _number(text: str) -> Fraction:
    """Exactly. Raises ValueError or ZeroDivisionError where it is none that could be meant."""
    if len(text.lower().partition("e")[2]) > _LONGEST_EXPONENT:
        raise ValueError(text)
    return Fraction(text)


def _count(dictionary: Dictionary, argument: Argument, text: str) -> int:
    names = {name.upper(): number for number, name in _names(dictionary, argument).items()}
    if text.upper() in names:
        return names[text.upper()]
    channel = dictionary.channels.get(argument.channel)
    try:
        value = _number(text.strip())
    except (ValueError, ZeroDivisionError) as error:
        raise UserError(
            f"{argument.name}={text}: it takes {describe(dictionary, argument)}"
        ) from error
    if _is_quantity(channel):
        assert channel is not None
        counts = round(value * channel.denominator / channel.numerator)
    elif value.denominator == 1:
        counts = int(value)
    else:
        raise UserError(f"{argument.name}={text}: it takes whole numbers")
    if not argument.lowest <= counts <= argument.highest:
        raise UserError(f"{argument.name}={text} is out of range: {describe(dictionary, argument)}")
    return counts


def _is_quantity(channel: Channel | None) -> bool:
    return channel is not None and channel.kind == "linear"
