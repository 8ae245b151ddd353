"""Does a fault change exactly the readings it names, when it says, and nothing else?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw import missions
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.packets import SENSOR_FRAME
from gse.errors import UserError
from gse.sim.counts import scale
from gse.sim.disturbance import Disturbance
from gse.sim.faults import CHANNELS, KINDS, parse

STATES = missions.load("mars2020").STATES
AT = {name: i for i, name in enumerate(SENSOR_FRAME)}


def frame(number: int) -> list[int]:
    """Distinct readings for each field and each minor frame, every status good."""
    counts = [1000 + 10 * i + number for i in range(len(SENSOR_FRAME))]
    counts[AT["IMU_STATUS"]] = counts[AT["RADAR_STATUS"]] = counts[AT["BARO_STATUS"]] = 1
    counts[AT["BARO_SEQUENCE"]] = number & 0xFF
    counts[AT["RADAR_SEQUENCE"]] = number & 0xFF
    counts[AT["CAMERAS_RECORDING"]] = number & 0xFF
    counts[AT["DISCRETES"]] = 1 << ENUMS["DISCRETES"].index("CONTACT_B")
    return counts


def fly(line: str, frames: int = 64, state_at: tuple[str, int] = ("ENTRY", 0)) -> list[list[int]]:
    """Frames as the board reads them, from 10 s after entry interface on, at 64 Hz."""
    faults = Disturbance([parse(line, STATES)], seed=1)
    read = []
    for n in range(frames):
        time_s = 10 + n / 64
        if n == state_at[1]:
            faults.state_entered(state_at[0], time_s)
        read.append(faults.apply(frame(n), time_s))
    return read


def changed(read: list[list[int]]) -> dict[str, list[int]]:
    """For each field that was touched, the numbers of the frames in which it was."""
    touched: dict[str, list[int]] = {}
    for n, counts in enumerate(read):
        for name, i in AT.items():
            if counts[i] != frame(n)[i]:
                touched.setdefault(name, []).append(n)
    return touched


def test_a_clamp_holds_one_reading_and_flags_it_saturated_while_it_lasts() -> None:
    read = fly("imu.rate clamp at 10.5 for 0.25 value=165deg/s")
    during = list(range(32, 48))
    assert changed(read) == {"IMU_RATE": during, "IMU_STATUS": during}
    assert read[32][AT["IMU_RATE"]] == scale("IMU_RATE").counts(165)
    assert read[32][AT["IMU_STATUS"]] == 1 | 1 << ENUMS["IMU_STATUS"].index("RATE_SATURATED")


def test_a_fault_begins_after_its_event_and_only_the_first_time_counts() -> None:
    faults = Disturbance([parse("radar.range step at chute+0.5 value=2km", STATES)], seed=1)
    faults.state_entered("PARACHUTE", 20.0)
    faults.state_entered("PARACHUTE", 30.0)
    assert faults.apply(frame(0), 20.4)[AT["RADAR_RANGE"]] == frame(0)[AT["RADAR_RANGE"]]
    stepped = faults.apply(frame(0), 20.5)[AT["RADAR_RANGE"]]
    assert stepped - frame(0)[AT["RADAR_RANGE"]] == 2000 * 256


def test_a_fault_of_an_event_that_never_comes_never_begins() -> None:
    assert changed(fly("imu zero at landed")) == {}


def test_a_frozen_reading_keeps_what_it_was_when_the_fault_began() -> None:
    read = fly("radar.speed freeze at 10.5")
    assert {counts[AT["RADAR_SPEED"]] for counts in read[32:]} == {frame(32)[AT["RADAR_SPEED"]]}
    assert read[40][AT["RADAR_STATUS"]] == 1


def test_zeros_keep_a_good_status_and_a_unit_that_is_gone_does_not() -> None:
    zeros = fly("imu zero at 10")[5]
    assert [zeros[AT[name]] for name in CHANNELS["imu"]] == [0, 0, 0]
    assert zeros[AT["IMU_STATUS"]] == 1
    assert fly("imu gone at 10")[5][AT["IMU_STATUS"]] == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("imu.axial sign at 10", -1),
        ("imu.axial scale at 10 factor=1.1", 1.1),
        ("imu.axial bias at 10 value=1g", None),
    ],
)
def test_sign_scale_and_bias_are_exact(line: str, expected: float | None) -> None:
    before = frame(7)[AT["IMU_AXIAL"]]
    after = fly(line)[7][AT["IMU_AXIAL"]]
    if expected is None:
        assert after == before + round(9.80665 * 1024)
    else:
        assert after == round(before * expected)


def test_a_delay_shows_the_reading_of_some_frames_ago() -> None:
    read = fly("radar.range delay at 10.5 frames=5")
    assert read[40][AT["RADAR_RANGE"]] == frame(35)[AT["RADAR_RANGE"]]


def test_a_contact_pulse_closes_its_switch_only() -> None:
    read = fly("contact.a pulse at 10.25 for 0.04")
    closed = [n for n, c in enumerate(read) if c[AT["DISCRETES"]] & 1]
    assert closed == [16, 17, 18]
    assert all(c[AT["DISCRETES"]] & 2 for c in read)
    assert all(not c[AT["DISCRETES"]] & 2 for c in fly("contact.b dropout at 10"))


def test_a_camera_that_is_gone_keeps_its_count() -> None:
    read = fly("camera.2 gone at 10.5")
    assert {c[AT["CAM2_FEEDBACK"]] for c in read[32:]} == {frame(32)[AT["CAM2_FEEDBACK"]]}
    assert changed(read).keys() == {"CAM2_FEEDBACK"}


def test_an_overrun_makes_reading_slow() -> None:
    read = fly("minor_frame overrun at 10.5 for 0.1 value=20ms")
    assert read[32][AT["SENSOR_READ_TIME"]] == 20000


def test_the_same_seed_gives_the_same_noise() -> None:
    line = "radar.range noise at 10 sigma=50m"
    noisy = [counts[AT["RADAR_RANGE"]] for counts in fly(line)]
    assert noisy == [counts[AT["RADAR_RANGE"]] for counts in fly(line)]
    assert len({reading - frame(n)[AT["RADAR_RANGE"]] for n, reading in enumerate(noisy)}) > 9


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "is not understood"),
        ("imu zero", "is not understood"),
        ("imu zero at", "is not understood"),
        ("lidar zero at 0", "no channel 'lidar'; there are imu, imu.axial"),
        ("imu explode at 0", "no kind 'explode'; there are clamp"),
        ("imu zero at party+1", "no event 'party'; there are ei, boot, chute"),
        ("imu bias at 0", "bias needs value="),
        ("imu zero at 0 value=3", "zero takes no value"),
        ("imu.rate bias at 0 value=3m", "IMU_RATE is in deg/s, not m"),
        ("imu.rate bias at 0 value=fast", "'fast' is no number"),
        ("imu.rate scale at 0 factor=2deg/s", "factor takes no unit"),
        ("contact zero at 0", "contact can only pulse or dropout"),
        ("radar pulse at 0", "only contact can pulse"),
        ("imu swap at 0", "only imu.force, two axes, can swap"),
        ("computer zero at 0", "computer can only reset"),
        ("computer reset at 0 for 5000", "a reset takes 1000 s at most"),
        ("imu zero at 0 for 1.2.3", "is not understood"),
        ("radar reset at 0", "only computer can reset"),
        ("clock jump at 0 value=3m", "SCLK_S is in s, not m"),
    ],
)
def test_a_line_that_is_wrong_is_answered_with_what_is_right(line: str, words: str) -> None:
    with pytest.raises(UserError, match=words.replace("(", r"\(")):
        parse(line, STATES)


@given(st.text(max_size=60))
def test_no_text_at_all_raises_anything_but_a_sentence(line: str) -> None:
    with pytest.raises(UserError, match=r"^fault "):
        parse(line + "?", STATES)  # no line ends so


@given(
    st.sampled_from(sorted(CHANNELS)),
    st.sampled_from(sorted(KINDS)),
    st.floats(-1e6, 1e6),
)
def test_every_fault_keeps_every_field_within_its_wire_type(
    channel: str, kind: str, value: float
) -> None:
    needs = KINDS[kind].needs
    number = f"{abs(value):.3f}" if needs in {"frames", "sigma"} else f"{value:.3f}"
    line = f"{channel} {kind} at 10" + (f" {needs}={number}" if needs else "")
    try:
        read = fly(line, frames=20)
    except UserError:
        return
    for counts in read:
        for name, i in AT.items():
            assert scale(name).lowest <= counts[i] <= scale(name).highest


def test_a_barometer_that_is_gone_says_so() -> None:
    read = fly("baro gone at 10.5 for 0.25")
    during = list(range(32, 48))
    assert changed(read) == {"BARO_PRESSURE": during, "BARO_STATUS": during}
    assert fly("baro clamp at 10.5 value=90000Pa")[40][AT["BARO_PRESSURE"]] == 90000 * 64


def test_a_state_of_the_mission_comes_before_an_alias_of_another() -> None:
    drop = missions.load("droptest").STATES
    assert parse("baro gone at chute+1", drop).event == "CHUTE"
    assert parse("baro gone at chute+1", STATES).event == "PARACHUTE"
    with pytest.raises(UserError, match=r"no event 'backshell'; there are ei, boot, pad, ascent"):
        parse("baro gone at backshell", drop)


def test_swapped_axes_read_each_other() -> None:
    read = fly("imu.force swap at 10.5 for 0.25")
    during = list(range(32, 48))
    assert changed(read) == {"IMU_AXIAL": during, "IMU_NORMAL": during}
    assert read[40][AT["IMU_AXIAL"]] == frame(40)[AT["IMU_NORMAL"]]
    assert read[40][AT["IMU_NORMAL"]] == frame(40)[AT["IMU_AXIAL"]]


def test_a_stale_measurement_keeps_its_number_and_a_frozen_one_does_not() -> None:
    stale = fly("radar stale at 10.5")[40]
    assert stale[AT["RADAR_SEQUENCE"]] == frame(32)[AT["RADAR_SEQUENCE"]]
    assert stale[AT["RADAR_RANGE"]] == frame(32)[AT["RADAR_RANGE"]]
    assert fly("radar freeze at 10.5")[40][AT["RADAR_SEQUENCE"]] == 40


def disturbance(*lines: str) -> Disturbance:
    return Disturbance([parse(line, STATES) for line in lines], seed=1)


def test_a_clock_that_jumps_touches_no_reading_and_jumps_once() -> None:
    assert changed(fly("clock jump at 10.5 value=11h")) == {}
    faults = disturbance("clock jump at 10.5 value=11h", "clock jump at boot value=-2min")
    jumps = [list(faults.clock_jumps(10 + n / 64)) for n in range(64)]
    assert [n for n, jump in enumerate(jumps) if jump] == [32]
    assert jumps[32] == [39600]
    assert faults.clock_error_s == -120


def test_a_reset_takes_the_processor_away_once_for_its_time() -> None:
    assert changed(fly("computer reset at 10.5 for 0.5")) == {}
    faults = disturbance("computer reset at 10.5 for 0.5", "computer reset at 10.75")
    away = [faults.reset_frames(10 + n / 64) for n in range(64)]
    assert {n: frames for n, frames in enumerate(away) if frames} == {32: 32, 48: 32}


def test_a_state_that_is_sent_up_wrongly_is_wrong_by_what_was_written() -> None:
    faults = disturbance("navigation.altitude bias at boot value=1.5km")
    assert faults.altitude_error_m == 1500.0
    assert changed(fly("navigation.altitude bias at boot value=1.5km")) == {}


words = st.sampled_from(
    [*sorted(CHANNELS), *sorted(KINDS), "at", "for", "ei", "chute+1.5", "boot", "-30", "1.2.3", ".",
     "value=3m", "factor=2", "sigma=1e9", "frames=-4", "value=nan", "++1", "999999999"]
)  # fmt: skip


@given(st.lists(words, max_size=8))
def test_words_in_any_order_are_a_fault_that_flies_or_a_sentence(line: list[str]) -> None:
    try:
        fault = parse(" ".join(line), STATES)
    except UserError:
        return
    faults = Disturbance([fault], seed=1)
    for n in range(3):
        assert faults.reset_frames(10 + n / 64) <= 64000
        faults.apply(frame(n), 10 + n / 64)
