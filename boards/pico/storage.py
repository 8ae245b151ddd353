"""Which part of the chip's flash is the flight software's own? The blocks of one file of LittleFS.

All of the flash that MicroPython leaves is its file system. A file that is never written again
keeps its blocks; here they are used behind the file system's back, as the sectors of boards. Each
begins with pointers to blocks before it (LittleFS SPEC.md, "CTZ skip-lists"): so the first page of
a sector belongs to the board, and is put back after an erase. Should power go in between, the map
beside the file has the pointers once more, and the next start repairs them before anybody writes a
file.
"""

import os
from array import array

from fsw.data.areas import AREAS, PAGE, RECORDER_LEAST
from fsw.data.words import get_16, get_32, put_16, put_32, seal
from fsw.link.crc import crc16

FILE, MAP = "/flash.bin", "/flash.map"
BLOCK = 4096
MOST = 256  # sectors
_SPARED = 192 * 1024  # octets of the file system that stay free
_POINTERS = 40  # octets: of any block of a file with up to 512
_ROW = 2 + _POINTERS  # of the map: number of a block, and how it begins
_LINE = 256  # octets of which the file is made: a mark, and which one it is
_MARK = b"edlcam flash"
_ERASE = 6  # ioctl of a block device


class Storage:
    """What boards/__init__.py asks of flash. device: a block device of MicroPython."""

    def __init__(self, device, blocks):
        self.sectors = len(blocks)
        self._device = device
        self._blocks = blocks
        self._first = bytearray(PAGE)

    def read(self, sector, page, buffer):
        self._device.readblocks(self._blocks[sector], buffer, (page + 1) * PAGE)

    def program(self, sector, page, buffer):
        self._device.writeblocks(self._blocks[sector], buffer, (page + 1) * PAGE)

    def erase(self, sector):
        device = self._device
        block = self._blocks[sector]
        device.readblocks(block, self._first, 0)
        device.ioctl(_ERASE, block)
        device.writeblocks(block, self._first, 0)


def open_storage(device):
    """The flash of a board whose file system is on this device; made at the first start, which then
    takes half a minute. None where there is no room for it."""
    rows = _read_map()
    if rows is None:
        try:
            rows = _make(device)
        except OSError:
            return None  # the file system is full, or broken: the board flies all the same
        if rows is None:
            return None
    _repair(device, rows)
    return Storage(device, _blocks(rows))


def _blocks(rows):
    return array("H", [get_16(rows, at) for at in range(0, len(rows), _ROW)])


def _read_map():
    """Its rows; None without a whole map."""
    try:
        with open(MAP, "rb") as file:
            rows = file.read()
    except OSError:
        return None
    if len(rows) < _ROW or crc16(rows, 0, len(rows)):
        return None
    return rows[:-2]


def _make(device):
    """Makes the file and the map of its blocks, and erases them; the rows, or None."""
    for name in (MAP, FILE):
        if name[1:] in os.listdir("/"):
            os.remove(name)
    status = os.statvfs("/")
    sectors = min((status[0] * status[3] - _SPARED) // BLOCK, MOST)
    if sectors < sum([row[1] for row in AREAS]) + RECORDER_LEAST:
        return None
    line = bytearray(_LINE)
    line[: len(_MARK)] = _MARK
    with open(FILE, "wb") as file:
        for number in range(sectors * BLOCK // _LINE):
            put_32(line, len(_MARK), number)
            file.write(line)
    found = _find(device, status[2])
    rows = bytearray(len(found) * _ROW + 2)
    page = bytearray(_POINTERS)
    at = 0
    for offset in sorted(found):
        device.readblocks(found[offset], page, 0)
        put_16(rows, at, found[offset])
        rows[at + 2 : at + _ROW] = page
        at += _ROW
    seal(rows, at)
    with open(MAP, "wb") as file:
        file.write(rows)
    rows = bytes(rows[:-2])
    made = Storage(device, _blocks(rows))
    for sector in range(made.sectors):
        made.erase(sector)
    return rows


def _find(device, blocks):
    """Which blocks the file has, by a place in it that each of them holds whole."""
    page = bytearray(2 * _LINE)
    last = bytearray(2 * _LINE)
    found = {}
    for block in range(blocks):
        device.readblocks(block, page, PAGE)
        device.readblocks(block, last, BLOCK - 2 * _LINE)
        at = bytes(page).find(_MARK)
        # The last block of the file may not be full.
        if 0 <= at <= _LINE and _MARK in bytes(last):
            found[get_32(page, at + len(_MARK))] = block
    return found


def _repair(device, rows):
    """Puts pointers back that a power cut took."""
    there = bytearray(_POINTERS)
    page = bytearray(b"\xff" * PAGE)
    for at in range(0, len(rows), _ROW):
        block = get_16(rows, at)
        device.readblocks(block, there, 0)
        wanted = rows[at + 2 : at + _ROW]
        if there != wanted:
            device.ioctl(_ERASE, block)
            page[:_POINTERS] = wanted
            device.writeblocks(block, page, 0)
