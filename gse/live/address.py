"""What does a SOURCE name? One grammar for everything that listens or commands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from gse.errors import UserError

BAUD = 115200

FORMS = (
    "serial:PORT[?baud=N], tcp:HOST:PORT, udp:HOST:PORT, udp::PORT to listen, "
    "file:PATH[?speed=N] or sim:DIR"
)

_LARGEST = {"baud": 1e7, "speed": 1e6}
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "serial": ("baud",),
    "tcp": (),
    "udp": (),
    "file": ("speed",),
    "sim": (),
}


@dataclass(frozen=True, slots=True)
class Address:
    """A SOURCE in parts. kind: serial, tcp, udp, file or sim.

    place: port's name, host ("": listens, udp only), file or directory. port: of tcp and udp.
    """

    kind: str
    place: str
    port: int = 0
    options: Mapping[str, float] = field(default_factory=dict)
    text: str = ""

    @property
    def baud(self) -> int:
        return int(self.options.get("baud", BAUD))

    @property
    def speed(self) -> float:
        """How many times as fast as it was sent a file is read; 0: without waiting."""
        return self.options.get("speed", 1.0)


def parse(text: str) -> Address:
    """Raises UserError for a text that is none of FORMS."""
    kind, _, rest = text.partition(":")
    if kind not in _OPTIONS or not rest:
        raise UserError(f"{text!r} names no link: write {FORMS}")
    place, _, tail = rest.partition("?")
    options = dict(_option(kind, item, text) for item in tail.split("&") if item)
    if kind in ("tcp", "udp"):
        host, _, port = place.rpartition(":")
        number = port_number(port, text)
        if kind == "tcp" and not host:
            raise UserError(f"{text!r} names no host: write tcp:HOST:PORT")
        return Address(kind, host_name(host.strip("[]"), text), number, options, text)
    if not place:
        raise UserError(f"{text!r} names no link: write {FORMS}")
    return Address(kind, place, 0, options, text)


def host_name(name: str, whole: str) -> str:
    """Raises UserError when it can be none."""
    try:
        name.encode("idna")
    except UnicodeError as error:
        raise UserError(f"{whole!r}: {name!r} can be no name of a host") from error
    return name


def port_number(text: str, whole: str) -> int:
    """Raises UserError when it is none."""
    if text.isascii() and text.isdecimal() and int(text) <= 0xFFFF:
        return int(text)
    raise UserError(f"{whole!r} has no port number from 0 to 65535 at its end")


def _option(kind: str, item: str, text: str) -> tuple[str, float]:
    name, _, value = item.partition("=")
    known = _OPTIONS[kind]
    if name not in known:
        allowed = f"only {', '.join(known)}" if known else "none"
        raise UserError(f"{text!r} has the option {name!r}, but {kind} knows {allowed}")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    whole = name != "baud" or (number.is_integer() and number > 0)
    if not (whole and 0 <= number <= _LARGEST[name]):
        raise UserError(f"{text!r}: {name} is no number that it can be")
    return name, number
