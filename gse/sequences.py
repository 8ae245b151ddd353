"""What is a stored sequence to the ground? A TOML file, checked, and the commands that load it.

    slot = 0

    [[entry]]
    after = 1.5                # seconds after the entry before; the first: after activation
    command = "CAMERA_TEST"
    arguments = { camera = 2, pulses = 10 }

    [[entry]]
    at = 666952000.25          # seconds of the spacecraft clock
    command = "PARAMETER_SET"
    arguments = { parameter = "CAMERA_RETRIES", value = 3 }

    [[entry]]
    state = "PARACHUTE"        # after = counts from there
    after = 10
    command = "NO_OP"

Arguments are counts, or a name where the dictionary has one. fsw/data/sequences.py says how the
flight software keeps them.
"""

from __future__ import annotations

import binascii
import struct
import tomllib
from collections.abc import Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsw import missions
from fsw.data.sequences import ARGUMENTS, ENTRIES
from fsw.dictionary.channels import SEQUENCES
from fsw.dictionary.commands import COMMANDS
from fsw.link.sequences import ABSOLUTE, AFTER_STATE, LONGEST_WAIT_S, RELATIVE
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.uplink import telecommand

_FRACTIONS = 64  # of a second: minor frames
_LATEST_S = (1 << 30) - 1
_KEYS = {"at", "after", "state", "command", "arguments"}
_OPCODES = {row[0]: row[1] for row in COMMANDS}
_NAMES = {row[0]: [argument[0] for argument in row[2]] for row in COMMANDS}


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored command. kind: of fsw.link.sequences; time: when it is due, in 1/64 s."""

    kind: int
    time: int
    command: str
    arguments: Mapping[str, int]

    @property
    def counts(self) -> list[int]:
        """Arguments in order, filled up with zeros to as many as an entry holds."""
        values = [self.arguments[name] for name in _NAMES[self.command]]
        return values + [0] * (ARGUMENTS - len(values))

    @property
    def octets(self) -> bytes:
        """As the flight software keeps it."""
        seconds, fraction = divmod(self.time, _FRACTIONS)
        opcode = _OPCODES[self.command]
        return struct.pack(">BBHI4i", self.kind, fraction, opcode, seconds, *self.counts)

    def when(self, states: Rows[str]) -> str:
        """When it is due, in words; states: of the mission."""
        seconds = f"{self.time / _FRACTIONS:.6f}".rstrip("0").rstrip(".")
        if self.kind == ABSOLUTE:
            return f"at SCLK {seconds} s"
        after = "" if self.kind == RELATIVE else f" after {states[self.kind - AFTER_STATE]}"
        return f"+{seconds} s{after}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """What goes into a slot."""

    slot: int
    entries: tuple[Entry, ...]

    @property
    def checksum(self) -> int:
        """CRC-16 over the entries, which the flight software compares with its own."""
        return binascii.crc_hqx(b"".join(entry.octets for entry in self.entries), 0xFFFF)

    def commands(self) -> list[tuple[str, dict[str, int]]]:
        """What loads it, in order: names and arguments in counts."""
        commands: list[tuple[str, dict[str, int]]] = [("SEQUENCE_BEGIN", {"slot": self.slot})]
        for entry in self.entries:
            seconds, fraction = divmod(entry.time, _FRACTIONS)
            arguments = {
                "kind": entry.kind,
                "seconds": seconds,
                "fraction": fraction,
                "opcode": _OPCODES[entry.command],
            }
            arguments |= {f"argument{n}": value for n, value in enumerate(entry.counts)}
            commands.append(("SEQUENCE_ADD", arguments))
        check = {"slot": self.slot, "checksum": self.checksum}
        return [*commands, ("SEQUENCE_COMMIT", check)]

    def packets(self, first_count: int = 0) -> list[bytes]:
        """The telecommand packets that load it, counted from first_count on."""
        return [
            telecommand(name, arguments, first_count + n)
            for n, (name, arguments) in enumerate(self.commands())
        ]


def load(path: Path, dictionary: Dictionary) -> Sequence:
    """Reads a file. Raises UserError that names the entry and what is wrong with it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no TOML: {error}") from error
    return parse(document, dictionary, str(path))


def parse(document: Mapping[str, Any], dictionary: Dictionary, name: str) -> Sequence:
    """The same of a file that has been read; name: to say in errors."""
    if unknown := set(document) - {"slot", "entry"}:
        raise UserError(f"{name}: {', '.join(sorted(unknown))} is not understood")
    slot, rows = document.get("slot"), document.get("entry", [])
    if type(slot) is not int or not 0 <= slot < SEQUENCES:
        raise UserError(f"{name}: slot is to be 0 .. {SEQUENCES - 1}, not {slot!r}")
    if not isinstance(rows, list) or not 1 <= len(rows) <= ENTRIES:
        raise UserError(f"{name}: a sequence has 1 .. {ENTRIES} [[entry]]")
    return Sequence(
        slot,
        tuple(_entry(row, dictionary, f"{name}: entry {n}") for n, row in enumerate(rows)),
    )


def _entry(row: Any, dictionary: Dictionary, where: str) -> Entry:
    if not isinstance(row, dict) or set(row) - _KEYS:
        raise UserError(f"{where} may have {', '.join(sorted(_KEYS))} only")
    command = row.get("command")
    if not isinstance(command, str) or command not in _OPCODES:
        raise UserError(f"{where}: no command named {command!r}: there are {', '.join(_OPCODES)}")
    if len(_NAMES[command]) > ARGUMENTS:
        raise UserError(f"{where}: {command} takes more arguments than an entry holds")
    arguments = row.get("arguments", {})
    if not isinstance(arguments, dict):
        raise UserError(f"{where}: arguments is to be a table, such as {{ slot = 1 }}")
    counts = {
        key: _counts(value, dictionary, f"{where}: {key}") for key, value in arguments.items()
    }
    try:
        telecommand(command, counts)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    kind, time = _when(row, dictionary, where)
    return Entry(kind, time, command, counts)


def _counts(value: Any, dictionary: Dictionary, where: str) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str):
        for table in ("PARAMETER", "CAMERA"):
            for number, text in dictionary.enums[table].items():
                if text == value:
                    return number
    raise UserError(f"{where} is to be a whole number of counts or a name, not {value!r}")


def _when(row: Mapping[str, Any], dictionary: Dictionary, where: str) -> tuple[int, int]:
    """Kind and time in 1/64 s."""
    if ("at" in row) == ("after" in row) or ("at" in row and "state" in row):
        raise UserError(f"{where} is to have at, or after, or state and after")
    key, kind, latest = "after", RELATIVE, LONGEST_WAIT_S
    if "at" in row:
        key, kind, latest = "at", ABSOLUTE, _LATEST_S
    if "state" in row:
        states = missions.load(dictionary.mission).STATES
        if row["state"] not in states:
            raise UserError(f"{where}: no state {row['state']!r}: there are {', '.join(states)}")
        kind = AFTER_STATE + states.index(row["state"])
    seconds = row[key]
    if type(seconds) not in (int, float) or not 0 <= seconds <= latest:
        raise UserError(f"{where}: {key} is to be 0 .. {latest} seconds, not {seconds!r}")
    return kind, round(seconds * _FRACTIONS)
