"""Does any parser, of flight or of ground, let anything escape, whatever octets it is given?

Everything here is bounded in examples; make soak runs the flight parsers a hundred times as long.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gse.targets import TREE
from tests.fuzz import flight, ground

EXAMPLES = 20
RUNS, SOAKED_RUNS = 150, 20_000
LONGEST_S = 900  # of a soaked harness, whatever it has done by then


def damaged(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Octets that mean nothing, and seeds with some replaced, cut out, doubled, cut off."""

    @st.composite
    def mutated(draw: st.DrawFn) -> bytes:
        octets = bytearray(draw(st.sampled_from(seeds)))
        for _ in range(draw(st.integers(0, 4))):
            at = draw(st.integers(0, len(octets)))
            length = draw(st.integers(0, 8))
            octets[at : at + length] = draw(st.binary(max_size=8))
        return bytes(octets)

    return st.one_of(mutated(), st.binary(max_size=600))


@pytest.mark.parametrize("name", list(flight.TARGETS))
def test_a_flight_parser_takes_anything(name: str) -> None:
    for seed in flight.SEEDS[name]:
        flight.TARGETS[name](seed)

    @settings(max_examples=EXAMPLES)
    @given(damaged(flight.SEEDS[name]))
    def take(octets: bytes) -> None:
        flight.TARGETS[name](octets)

    take()


@pytest.mark.parametrize("name", list(ground.TARGETS))
def test_a_ground_parser_takes_anything(name: str, tmp_path: Path) -> None:
    for seed in ground.SEEDS[name]:
        ground.TARGETS[name](seed, tmp_path)

    @settings(max_examples=EXAMPLES)
    @given(damaged(ground.SEEDS[name]))
    def take(octets: bytes) -> None:
        ground.TARGETS[name](octets, tmp_path)

    take()


def fuzzed(name: str, *options: str) -> int:
    """Runs that a harness made; asserts that nothing escaped."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.harness", name, "-seed=1", *options],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    made = re.search(r"Done (\d+) (?:runs )?in", done.stderr)
    assert made, done.stderr[-3000:]
    return int(made[1])


def test_flight_parsers_withstand_guided_fuzzing() -> None:
    assert fuzzed("all", f"-runs={RUNS}") >= RUNS


@pytest.mark.soak
@pytest.mark.parametrize("name", list(flight.TARGETS))
def test_a_flight_parser_withstands_guided_fuzzing_for_long(name: str) -> None:
    made = fuzzed(name, f"-runs={SOAKED_RUNS}", f"-max_total_time={LONGEST_S}")
    print(f"{name}: {made:,} runs, nothing escaped")
    assert made > RUNS
