"""python -m tests.fuzz.harness TARGET [OPTIONS]: a flight parser, or all of them, under atheris.

Instruments the flight software, so that inputs that reach new code are kept and mutated further.
OPTIONS are libFuzzer's. Departs from the seeds of the target; ends with exit code 0 when it has
made its runs and nothing escaped, and prints how many those were.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris  # type: ignore[import-untyped]


def main() -> None:
    with atheris.instrument_imports(include=["fsw", "boards"], enable_loader_override=False):
        import fsw  # noqa: PLC0415 - instrumented while it is imported

        for module in pkgutil.walk_packages(fsw.__path__, "fsw."):
            if not module.name.endswith("loops_viper"):  # MicroPython's
                importlib.import_module(module.name)
    from tests.fuzz import flight  # noqa: PLC0415 - of what was instrumented

    name, *options = sys.argv[1:]
    target = flight.TARGETS.get(name, flight.any_of_them)
    seeds = flight.SEEDS.get(name, flight.ALL)
    with TemporaryDirectory() as corpus:
        for i, seed in enumerate(seeds):
            (Path(corpus) / str(i)).write_bytes(seed)
        atheris.Setup(
            [sys.argv[0], corpus, f"-max_len={flight.LONGEST}", "-timeout=60", *options],
            lambda octets: target(bytes(octets)),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
