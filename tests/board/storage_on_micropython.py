"""Is the board's flash sound on a LittleFS, and the LittleFS beside it? Run by MicroPython.

NOR flash in memory as the block device; prints "sound" at the end.
"""

import vfs

BLOCK, BLOCKS = 4096, 160


class Nor:
    """As rp2.Flash: programming takes bits from 1 to 0, and an erase comes before it."""

    def __init__(self):
        self.memory = bytearray(b"\xff" * (BLOCK * BLOCKS))
        self.fails_after_erase = False

    def readblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        buffer[:] = self.memory[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        if self.fails_after_erase:
            raise OSError("no power")
        at = block * BLOCK + offset
        for i in range(len(buffer)):
            assert self.memory[at + i] & buffer[i] == buffer[i], "not erased"
            self.memory[at + i] = buffer[i]

    def ioctl(self, request, argument):
        if request == 4:
            return BLOCKS
        if request == 5:
            return BLOCK
        if request == 6:
            at = argument * BLOCK
            self.memory[at : at + BLOCK] = b"\xff" * BLOCK
        return 0


def mounted(device):
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(device, progsize=256), "/")


def write(name, octets):
    with open(name, "wb") as file:
        file.write(octets)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def pattern(n):
    return bytes([(n + i * 7) & 0xFF for i in range(256)])


def main(storage):
    device = Nor()
    vfs.VfsLfs2.mkfs(device, progsize=256)
    mounted(device)
    write("/before", b"before" * 3000)
    flash = storage.open_storage(device)
    assert flash.sectors > 60, flash.sectors
    page = bytearray(256)
    for sector in range(flash.sectors):
        for n in range(15):
            flash.read(sector, n, page)
            assert page == b"\xff" * 256, (sector, n)
            flash.program(sector, n, pattern(sector * 15 + n))
    write("/after", b"after" * 3000)
    for sector in range(0, flash.sectors, 3):
        flash.erase(sector)
    # Power goes between an erase and the pointers.
    device.fails_after_erase = True
    try:
        flash.erase(20)
        raise AssertionError
    except OSError:
        pass
    device.fails_after_erase = False
    mounted(device)
    again = storage.open_storage(device)
    assert again.sectors == flash.sectors
    for sector in range(again.sectors):
        for n in range(15):
            again.read(sector, n, page)
            erased = sector % 3 == 0 or sector == 20
            assert page == (b"\xff" * 256 if erased else pattern(sector * 15 + n)), (sector, n)
    for n in range(30):  # the file system goes on allocating, and takes none of our blocks
        write("/later", bytes([n]) * 20000)
    mounted(device)
    assert read("/before") == b"before" * 3000
    assert read("/after") == b"after" * 3000
    assert read("/later") == bytes([29]) * 20000
    again.read(1, 4, page)
    assert page == pattern(19)
    print("sound")


import boards.pico.storage  # noqa: E402 - before the file system of the host goes

main(boards.pico.storage)
