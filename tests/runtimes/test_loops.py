"""Is the machine code of the innermost loops the same as the Python that CPython runs?"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from gse.targets import TREE, micropython

SCRIPT = Path(__file__).with_name("loops_on_micropython.py")


def test_machine_code_and_plain_python_give_the_same() -> None:
    done = subprocess.run(
        [micropython(), SCRIPT, "300"],
        env=os.environ | {"MICROPYPATH": str(TREE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("same\n", "")
