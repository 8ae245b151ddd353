"""What may the ground ask of files? The commands FILE_*, and the PDUs that come up beside commands.

Both come by the same way, authenticated where commands are.
"""

from fsw.data.files import NO_FILE
from fsw.dictionary.files import FILES
from fsw.dictionary.index import channel, packet
from fsw.link import commands

_ID = channel("FILE_ID")
_LENGTH = channel("FILE_LENGTH")
_PACKET = packet("FILE")

_ACKNOWLEDGED = 2  # class


class FileCommands:
    """Carries out the commands of files on a FileSender, and lists its directory."""

    def __init__(self, cvt, sender, files, telemetry):
        self._cvt = cvt
        self._files = files
        self._telemetry = telemetry
        self._sender = sender
        self._arguments = ()
        self._listed = len(FILES)  # rows that were looked at
        self.take = sender.take

    def actions(self, arguments):
        """What to call for each command, by name; arguments: array in which its arguments stand."""
        self._arguments = arguments
        return {
            "FILE_SEND": self._send,
            "FILE_CANCEL": self._cancel,
            "FILE_SUSPEND": self._suspend,
            "FILE_RESUME": self._resume,
            "FILE_LIST": self._list,
        }

    def run(self):
        """Task COMMANDS: one file of a list under way."""
        if self._listed == len(FILES):
            return
        row = self._listed
        self._listed = row + 1
        length = self._files.length(row)
        if length != NO_FILE:
            self._cvt[_ID] = row
            self._cvt[_LENGTH] = length
            self._telemetry.send(_PACKET)

    def _send(self):
        if self._sender.busy:
            return commands.NOT_NOW
        a = self._arguments
        if a[0] >= len(FILES):
            return commands.OUT_OF_RANGE
        begun = self._sender.send(a[0], a[1] == _ACKNOWLEDGED)
        return commands.DONE if begun else commands.OUT_OF_RANGE

    def _cancel(self):
        return commands.DONE if self._sender.cancel() else commands.NOT_NOW

    def _suspend(self):
        return commands.DONE if self._sender.suspend() else commands.NOT_NOW

    def _resume(self):
        return commands.DONE if self._sender.resume() else commands.NOT_NOW

    def _list(self):
        self._listed = 0
        return commands.DONE
