"""How would flight software look that had learned nothing? One naive variant a scenario.

Each takes out just what the scenario is about, for as long as it is entered. That it fails proves
that the injection bites, and that what was taken out is what holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from fsw import missions
from fsw.cam.accounts import Accounts
from fsw.cam.microphone import Microphone
from fsw.dictionary.index import channel
from fsw.edl.conditions import GE, LE
from fsw.edl.machine import NO_BACKUP
from fsw.kernel.checkpoint import Checkpoint
from fsw.missions.units import metres, ms, percent, seconds
from fsw.nav.altimeter import Altimeter
from fsw.nav.checks import Checks, check
from fsw.nav.estimator import Estimator
from fsw.nav.inertial import Inertial
from fsw.nav.radar import Radar
from fsw.nav.selection import Selection

MISSION = missions.load("mars2020")
Row = tuple[Any, ...]
Variant = Callable[[], Any]


def _transitions(change: Callable[[Row], Row | None]) -> Any:
    """The mission's transitions with each row changed, or left out."""
    rows = tuple(new for row in MISSION.TRANSITIONS if (new := change(row)) is not None)
    return mock.patch.object(MISSION, "TRANSITIONS", rows)


def _only(state: str, row: Row) -> Callable[[Row], Row | None]:
    """One way out of a state instead of those there are."""
    seen: list[bool] = []

    def change(old: Row) -> Row | None:
        if old[0] != state:
            return old
        seen.append(True)
        return row if len(seen) == 1 else None

    return change


@contextmanager
def believes_a_saturated_rate() -> Iterator[None]:
    """Integrates full scale, and takes no echo for a proof that the beam looks down."""

    def take(self: Inertial, rate: int, doubted: bool, flat: bool) -> None:
        self.rate = rate

    with (
        mock.patch.object(Inertial, "_take_rate", take),
        mock.patch.object(Radar, "_echo_from_the_side", return_value=None),
        mock.patch.object(Estimator, "_level", return_value=None),
    ):
        yield


@contextmanager
def latches_contact() -> Iterator[None]:
    """Any switch that ever closed counts, and neither throttle nor persistence is asked."""
    votes = channel("CONTACT_VOTES")
    run: Callable[..., None] = Selection.run

    def latching(self: Selection) -> None:
        before = self._cvt[votes]
        run(self)
        self._cvt[votes] = max(before, self._cvt[votes])

    touchdown = ("TOUCHDOWN_SENSING", "FLYAWAY", (("CONTACT_VOTES", GE, 2),), 2, 0, seconds(40))
    with (
        mock.patch.object(Selection, "run", latching),
        _transitions(_only("TOUCHDOWN_SENSING", touchdown)),
    ):
        yield


@contextmanager
def rejects_a_radar_for_good() -> Iterator[None]:
    """Outside the gate once, outside for ever; and its height alone lets the back shell go."""
    alone = (("NAV_ALTITUDE", LE, metres(2170)),)
    back_shell = ("HEAT_SHIELD_AWAY", "BACK_SHELL_AWAY", alone, ms(62), seconds(60), seconds(110))
    with (
        mock.patch.object(Altimeter, "watch", return_value=None),
        _transitions(_only("HEAT_SHIELD_AWAY", back_shell)),
    ):
        yield


@contextmanager
def asks_for_low_altitude_at_touchdown() -> Iterator[None]:
    """Contact counts only where navigation says that the ground is near."""
    touchdown = (
        "TOUCHDOWN_SENSING", "FLYAWAY",
        (("CONTACT_VOTES", GE, 2), ("THROTTLE", LE, percent(20)), ("NAV_ALTITUDE", LE, metres(20))),
        ms(1500), seconds(1), seconds(40),
    )  # fmt: skip
    with _transitions(_only("TOUCHDOWN_SENSING", touchdown)):
        yield


@contextmanager
def starts_cold_after_a_reset() -> Iterator[None]:
    """Nothing is taken from the checkpoint."""
    with mock.patch.object(Checkpoint, "restore", return_value=False):
        yield


@contextmanager
def trusts_a_status_and_has_no_timers() -> Iterator[None]:
    """A unit that calls itself valid is; entry is sensed or it is not."""
    look: Callable[..., bool] = Checks.look
    ignored = {check(name) for name in ("AXIAL_FLAT", "NORMAL_FLAT", "FORCE_IMPLAUSIBLE")}

    def credulous(self: Checks, number: int, fails: object, value: int) -> bool:
        return False if number in ignored else bool(look(self, number, fails, value))

    with mock.patch.object(Checks, "look", credulous), _transitions(_without_timer):
        yield


def _without_timer(row: Row) -> Row:
    return (*row[:5], NO_BACKUP) if row[0] == "COAST" else row


@contextmanager
def senses_entry_with_a_sign() -> Iterator[None]:
    """Deceleration is force against the axis, as drawn; no timer, no check of the sign."""
    acceleration, axial = channel("NAV_ACCELERATION"), channel("IMU_AXIAL")
    aid: Callable[..., None] = Estimator.aid
    look: Callable[..., bool] = Checks.look
    reversed_ = check("AXIAL_REVERSED")

    def signed(self: Estimator) -> None:
        aid(self)
        self._cvt[acceleration] = max(0, -self._cvt[axial])

    def credulous(self: Checks, number: int, fails: object, value: int) -> bool:
        return False if number == reversed_ else bool(look(self, number, fails, value))

    with (
        mock.patch.object(Estimator, "aid", signed),
        mock.patch.object(Checks, "look", credulous),
        _transitions(_without_timer),
    ):
        yield


@contextmanager
def throws_excess_away() -> Iterator[None]:
    """What is beyond the expected range cannot be true, and is not used."""
    run: Callable[..., None] = Selection.run
    largest, fastest = MISSION.NAVIGATION["envelope"]
    limits = {channel("IMU_AXIAL"): largest, channel("IMU_RATE"): fastest}

    def strict(self: Selection) -> None:
        run(self)
        for index, limit in limits.items():
            if abs(self._cvt[index]) > limit:
                self._cvt[index] = 0

    with mock.patch.object(Selection, "run", strict):
        yield


@contextmanager
def times_touchdown_tightly() -> Iterator[None]:
    """The timer of touchdown has the nominal time and a second."""

    def tight(row: Row) -> Row:
        return (*row[:5], seconds(13)) if row[0] == "TOUCHDOWN_SENSING" else row

    with _transitions(tight):
        yield


@contextmanager
def films_the_canopy_by_the_clock() -> Iterator[None]:
    """Full rate from four seconds before the planned mortar for eight seconds."""
    plan = [row for row in MISSION.CAMERA_PLAN if not row[0].startswith("PUC")]
    for name in ("PUC_A", "PUC_B", "PUC_C"):
        plan += [
            (name, "ENTRY", ms(188000), plan[0][3], 75, 1),
            (name, "ENTRY", ms(196000), plan[0][3], 30, 1),
        ]
    with mock.patch.object(MISSION, "CAMERA_PLAN", tuple(plan)):
        yield


@contextmanager
def toggles_cameras_blindly() -> Iterator[None]:
    """Nobody looks whether exposures or sound come back."""
    with (
        mock.patch.object(Accounts, "check", return_value=None),
        mock.patch.object(Microphone, "check", return_value=None),
    ):
        yield


@contextmanager
def goes_by_the_clock() -> Iterator[None]:
    """Every phase until the back shell at its planned time from entry interface."""
    planned_ms = {
        "COAST": 48800, "ENTRY": 223800, "STRAIGHTEN_UP": 237800, "PARACHUTE_READY": 240630,
        "PARACHUTE": 263260, "HEAT_SHIELD_AWAY": 357300,
    }  # fmt: skip
    with ExitStack() as stack:
        for state, time_ms in planned_ms.items():
            to = MISSION.STATES[MISSION.STATES.index(state) + 1]
            row = (state, to, (("TIME_FROM_EI", GE, ms(time_ms)),), 1, 0, NO_BACKUP)
            stack.enter_context(_transitions(_only(state, row)))
        yield


VARIANTS: dict[str, Variant] = {
    "schiaparelli-2016": believes_a_saturated_rate,
    "mpl-1999": latches_contact,
    "hakuto-r-m1-2023": rejects_a_radar_for_good,
    "odysseus-2024": asks_for_low_altitude_at_touchdown,
    "beresheet-2019": starts_cold_after_a_reset,
    "luna-25-2023": trusts_a_status_and_has_no_timers,
    "genesis-2004": senses_entry_with_a_sign,
    "chandrayaan-2-2019": throws_excess_away,
    "msl-2012": times_touchdown_tightly,
    "phoenix-2008": films_the_canopy_by_the_clock,
    "mars2020-cameras-2021": toggles_cameras_blindly,
    "starliner-2019": goes_by_the_clock,
}
