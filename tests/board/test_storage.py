"""Is the flight software's part of a Pico's flash sound, and are the files beside it?"""

from __future__ import annotations

import os
import subprocess

from gse.targets import HEAP, TREE, micropython


def test_sectors_in_a_file_of_littlefs_are_sound_and_so_are_the_files_beside_them() -> None:
    done = subprocess.run(
        [
            micropython(),
            "-X",
            f"heapsize={HEAP}",
            TREE / "tests" / "board" / "storage_on_micropython.py",
        ],
        env=os.environ | {"MICROPYPATH": str(TREE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "sound\n", done.stdout + done.stderr
