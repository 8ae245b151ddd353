"""How does a Pico with MicroPython look from its serial port? Run by MicroPython for hosts.

micropython prompt.py FLASH FAKES MACHINE: the raw prompt on standard input and output, a LittleFS
in the file FLASH mounted as the board's, fakes of machine and rp2 in the directory FAKES, and
MACHINE as what the board is called. A soft reset runs main.py, if there is one.
"""

import io
import os
import sys

import micropython
import vfs

FLASH, FAKES, MACHINE = sys.argv[1:4]
SECTOR, SECTORS = 4096, 352
WINDOW = 1024  # octets that the host may send unasked; a board has 128
_in, _out, _errors = sys.stdin.buffer, sys.stdout.buffer, sys.stderr
_octet = bytearray(1)


class Flash:
    """A block device in a file: what was written is there after a cut."""

    def __init__(self, path):
        try:
            os.stat(path)
            self.file = open(path, "r+b")
        except OSError:
            self.file = open(path, "w+b")
            self.file.write(b"\xff" * (SECTOR * SECTORS))
            self.file.flush()

    def readblocks(self, block, buffer, offset=0):
        self.file.seek(block * SECTOR + offset)
        self.file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        self.file.seek(block * SECTOR + offset)
        self.file.write(buffer)
        self.file.flush()

    def ioctl(self, request, argument):
        if request == 4:
            return SECTORS
        if request == 5:
            return SECTOR
        if request == 6:
            self.file.seek(argument * SECTOR)
            self.file.write(b"\xff" * SECTOR)
        return 0


class Implementation:
    name = sys.implementation[0]
    _mpy = sys.implementation._mpy
    _machine = MACHINE


class Sys:
    implementation = Implementation
    stdin = sys.stdin
    stdout = sys.stdout
    modules = sys.modules
    path = sys.path
    print_exception = sys.print_exception


class Memory:
    """Memory that a reset does not erase."""

    def bytearray_at(address, octets):
        return bytearray(octets)


class Micropython:
    """What the port for hosts has no part of."""

    heap_lock = micropython.heap_lock
    heap_unlock = micropython.heap_unlock

    def alloc_emergency_exception_buf(octets):
        pass

    def kbd_intr(octet):
        pass


def mount():
    device = Flash(FLASH)
    try:
        made = vfs.VfsLfs2(device, progsize=256)
    except OSError:
        vfs.VfsLfs2.mkfs(device, progsize=256)
        made = vfs.VfsLfs2(device, progsize=256)
    host = vfs.VfsPosix(FAKES)
    vfs.umount("/")
    vfs.mount(made, "/")
    vfs.mount(host, "/fakes")
    os.chdir("/")
    sys.path[:] = ["", "/fakes"]


def read():
    return _octet[0] if _in.readinto(_octet) else -1


def raw_prompt():
    """Programs until Ctrl-B or the end; False at the end."""
    _out.write(b"raw REPL; CTRL-B to exit\r\n>")
    program = bytearray()
    while True:
        octet = read()
        if octet < 0:
            return False
        if octet == 1:
            _out.write(b"raw REPL; CTRL-B to exit\r\n>")
            program = bytearray()
        elif octet == 2:
            return True
        elif octet == 5:
            for _ in range(2):
                read()
            run(str(pasted(), "utf-8"))
            _out.write(b"\x04>")
        elif octet == 4:
            if not program:
                _out.write(b"OK\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>")
                continue
            _out.write(b"OK")
            run(str(program, "utf-8"))
            program = bytearray()
            _out.write(b"\x04>")
        elif octet not in (3, 13) or program:
            program.append(octet)


def pasted():
    """A program that comes in windows, each of which is acknowledged: raw paste mode."""
    _out.write(b"R\x01" + bytes((WINDOW & 0xFF, WINDOW >> 8)))
    program = bytearray()
    while True:
        octet = read()
        if octet == 4:
            _out.write(b"\x04")
            return program
        program.append(octet)
        if len(program) % WINDOW == 0:
            _out.write(b"\x01")


def run(program):
    errors = io.StringIO()
    try:
        exec(program, GLOBALS)
    except BaseException as error:
        sys.print_exception(error, errors)
    _out.write(b"\x04" + errors.getvalue().encode())


def main():
    mount()
    sys.modules["sys"] = Sys
    sys.modules["uctypes"] = Memory
    sys.modules["micropython"] = Micropython
    while True:
        octet = read()
        if octet < 0:
            return
        if octet == 1 and not raw_prompt():
            return
        if octet == 4:
            try:
                with open("/main.py") as file:
                    program = file.read()
                exec(program, {"__name__": "__main__"})
            except OSError:
                _out.write(b"MicroPython\r\n>>> ")


GLOBALS = {"__name__": "__main__"}
main()
