"""How is edlcam commanded from a shell?

Each command is a module in gse/commands, imported when it is used: decoding needs no plotting. What
goes wrong is said in one sentence on the standard error, without a traceback.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from gse.errors import UserError

COMMANDS = {
    "alarms": "gse.commands.alarms",
    "board": "gse.commands.board",
    "campaign": "gse.commands.campaign",
    "command": "gse.commands.command",
    "console": "gse.commands.console",
    "decode": "gse.commands.decode",
    "dictionary": "gse.commands.dictionary",
    "export": "gse.commands.export",
    "flash": "gse.commands.flash",
    "files": "gse.commands.files",
    "fly": "gse.commands.fly",
    "image": "gse.commands.image",
    "keys": "gse.commands.keys",
    "monitor": "gse.commands.monitor",
    "parameters": "gse.commands.parameters",
    "playback": "gse.commands.playback",
    "query": "gse.commands.query",
    "record": "gse.commands.record",
    "recover": "gse.commands.recover",
    "replay-sensors": "gse.commands.replay_sensors",
    "report": "gse.commands.report",
    "sequence": "gse.commands.sequence",
    "time": "gse.commands.time",
    "verify": "gse.commands.verify",
    "yamcs": "gse.commands.yamcs",
}

CANNOT_RUN = 2
INTERRUPTED = 130  # as a shell reports a process ended by Ctrl-C


class _Group(click.Group):
    """Finds commands in COMMANDS, and turns errors into sentences and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = import_module(COMMANDS[cmd_name]).command
        assert isinstance(found, click.Command)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # here, where a closed pipe is still ours to handle
        except UserError as error:
            _fail(ctx, str(error), CANNOT_RUN)
        except KeyboardInterrupt:
            _fail(ctx, "stopped by Ctrl-C; files already complete were kept", INTERRUPTED)
        except BrokenPipeError:
            _drop_output()
            ctx.exit(0)  # the reader, such as head, has what it wanted
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            _fail(ctx, f"{name}{error.strerror or error}", CANNOT_RUN)
        return result


def _fail(ctx: click.Context, sentence: str, code: int) -> None:
    click.echo(f"edlcam: {sentence}.", err=True)
    ctx.exit(code)


def _drop_output() -> None:
    """Sends what is still buffered nowhere, so that Python does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=_Group)
def main() -> None:
    """Flight software and ground support for cameras that film a landing.

    Exit code 2: the command could not run, with the reason in one sentence; 130: Ctrl-C.
    """
