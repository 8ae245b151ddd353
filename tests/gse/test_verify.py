"""Does the ground prove the functions that fly, and catch one that is wrong?"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.verify import Functions
from fsw.kernel import fixed
from gse import cli
from gse.errors import UserError
from gse.targets import InProcess
from gse.verify import run as verification
from gse.verify.functions import BY_NAME, FUNCTIONS, Function
from gse.verify.vectors import Vector, edges
from tests.gse.test_cli import assert_one_sentence

ROWS = {row[0]: row for row in Functions().rows}


def verify(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.main, ["verify", *map(str, arguments)])


def quiet(share: float, what: str) -> None:
    """No progress bar."""


def test_all_three_runtimes_pass_and_the_report_says_what_was_tried(tmp_path: Path) -> None:
    targets = ("cpython", "micropython", "micropython32")
    named = [word for target in targets for word in ("--target", target)]
    result = verify(*named, "--examples", "50", "--out", tmp_path / "report.md")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "report.md").read_text()
    for target in targets:
        assert f"{target}: all {len(FUNCTIONS)} functions PASS" in result.stdout
        assert f"## {target}" in page
    for function in FUNCTIONS:
        assert page.count(f"| {function.name} | {function.purpose} |") == len(targets)
    assert "An LSB is the last bit of the result" in page


def test_a_function_that_is_wrong_once_is_named_with_arguments_and_exact_result(
    tmp_path: Path,
) -> None:
    def almost(value: int) -> int:
        return right(value) + (value == (1 << 24) - 1)

    right: Callable[[int], int] = fixed.square_root
    with mock.patch.object(fixed, "square_root", almost):
        result = verify("--examples", "0", "--out", tmp_path / "report.json")
    assert result.exit_code == 1
    assert f"cpython: 1 of {len(FUNCTIONS)} functions FAIL" in result.stdout
    assert "square_root(16777215) gave 4096, exact is 4095.000; must be floor" in result.stdout
    (document,) = json.loads((tmp_path / "report.json").read_text())
    assert not document["passed"]
    (failed,) = [row for row in document["functions"] if row["failures"]]
    assert (failed["name"], failed["failures"], failed["worst_lsb"]) == ("square_root", 1, 1.0)


def test_arguments_of_a_recorded_flight_are_tried() -> None:
    flown: list[dict[str, list[Vector]]] = [{"square_root": [(12345,), (99,)], "scale": [(7, 3)]}]
    with closing(InProcess()) as target:
        outcomes = {o.function.name: o for o in verification.verify(target, flown, 10, 1, quiet)}
    assert outcomes["square_root"].vectors["flown"] == 2
    assert outcomes["scale"].vectors["flown"] == 1
    assert outcomes["sine"].vectors == {
        "edges": len(edges(BY_NAME["sine"].arguments[0])),
        "random": 10,
        "flown": 0,
    }
    assert all(outcome.failures == 0 for outcome in outcomes.values())


def test_a_target_with_other_functions_is_refused() -> None:
    with (
        mock.patch.object(InProcess, "functions", return_value="nothing:1:1,sine:2:1"),
        pytest.raises(UserError, match="the target verifies other functions"),
        closing(InProcess()) as target,
    ):
        verification.verify(target, [], 1, 1, quiet)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "venus"], "no target named 'venus'"),
        (["--target", "serial:/dev/no-such-port"], "cannot open the serial port"),
        (["--out", "report.txt"], "name a file that ends in .md or .json"),
        (["--recording", "no-such-flight.bin"], "no-such-flight.bin"),
    ],
)
def test_what_cannot_be_tried_is_one_sentence(arguments: list[str], words: str) -> None:
    result = verify(*arguments)
    assert_one_sentence(result, 2)
    assert words in result.stderr


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
@settings(max_examples=60)
@given(data=st.data())
def test_no_argument_in_its_range_takes_a_function_further_than_it_promises(
    function: Function, data: st.DataObject
) -> None:
    vector = tuple(
        data.draw(st.one_of(st.sampled_from(edges(bounds)), st.integers(*bounds)))
        for bounds in function.arguments
    )
    if not function.fits(*vector):
        return
    _, _, results, flown = ROWS[function.name]
    result = flown(*vector)
    outcome = verification.Outcome(function)
    verification.enter(outcome, vector, result if results > 1 else (result,))
    assert not outcome.failures, outcome.first_failure
