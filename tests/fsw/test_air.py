"""Do the tables of the air agree with the physics they stand for?"""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw import missions
from fsw.kernel.fixed import interpolate
from fsw.nav.air import AIR_SHIFT, Air, wide_square_root
from fsw.nav.atmosphere import HEIGHTS, PRESSURE_SHIFT
from fsw.nav.inertial import VACUUM
from gse.sim.config import nominal
from gse.sim.planet import Atmosphere

AEROSHELL = missions.load("mars2020").NAVIGATION["aeroshell"]
BETA_KG_M2, ROWS = AEROSHELL
NODE_M = (1 << AIR_SHIFT) / 256


def test_the_mission_takes_its_air_from_the_planet_that_is_simulated() -> None:
    config = nominal()
    air = Atmosphere(config.log_density_aloft, config.log_density_low)
    for number, (density_ug_m3, sound_dm_s) in enumerate(ROWS):
        density_kg_m3, sound_m_s, _ = air.at(config.site_height_m + number * NODE_M)
        assert density_ug_m3 == pytest.approx(density_kg_m3 * 1e9, rel=1e-4, abs=1)
        assert sound_dm_s == pytest.approx(sound_m_s * 10, abs=0.6)


@given(st.integers(0, len(ROWS) - 2), st.floats(0, 0.999), st.integers(500, 6000))
def test_drag_lies_within_an_eighth_of_its_formula_between_the_nodes(
    node: int, share: float, speed_m_s: int
) -> None:
    air = Air(*AEROSHELL)
    low, high = (math.log(ROWS[node + k][0] * 1e-9) for k in (0, 1))
    true = math.exp(low + share * (high - low)) * speed_m_s**2 / (2 * BETA_KG_M2)
    altitude = round((node + share) * (1 << AIR_SHIFT))
    given_m_s2 = air.drag(altitude, speed_m_s << 10) / 1024
    assert given_m_s2 == pytest.approx(min(true, 250.0), rel=0.125, abs=0.003)


@given(st.integers(0, (len(ROWS) - 1) << AIR_SHIFT), st.integers(0, 7000 << 10))
def test_mach_is_speed_over_the_speed_of_sound(altitude: int, speed: int) -> None:
    air = Air(*AEROSHELL)
    place = altitude / (1 << AIR_SHIFT)
    node = min(int(place), len(ROWS) - 2)
    sound_m_s = (ROWS[node][1] + (place - node) * (ROWS[node + 1][1] - ROWS[node][1])) / 10
    assert air.mach(altitude, speed) / 1024 == pytest.approx(
        speed / 1024 / sound_m_s, rel=1e-3, abs=2e-3
    )


def test_a_density_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="density 0 ug/m3"):
        Air(BETA_KG_M2, ((0, 2300),))


@given(st.integers(0, 1 << 100))
def test_the_wide_square_root_is_the_floor(value: int) -> None:
    assert wide_square_root(value) == math.isqrt(value)


@pytest.mark.parametrize(
    ("pressure_pa", "height_m"),
    # US Standard Atmosphere 1976, table I: geopotential height at pressure.
    [(101325, 0), (89875, 1000), (70108, 3000), (54020, 5000), (26436, 10000), (12044, 15000)],
)
def test_pressure_height_is_that_of_the_standard_atmosphere(
    pressure_pa: int, height_m: int
) -> None:
    height = interpolate(HEIGHTS, pressure_pa * 64, PRESSURE_SHIFT) / 16
    assert height == pytest.approx(height_m, abs=3.5 if pressure_pa > 20000 else 12)


def test_neighbouring_entries_are_close_enough_to_interpolate() -> None:
    for mission in ("mars2020", "droptest"):
        aeroshell = missions.load(mission).NAVIGATION["aeroshell"]
        tables = [HEIGHTS]
        if aeroshell:
            air = Air(*aeroshell)
            tables += [air._sound, air._drag_speed]
        for table in tables:
            assert max(abs(b - a) for a, b in pairwise(table)) < 1 << 15


def test_an_entering_vehicle_coasts_in_what_counts_as_vacuum_until_it_enters() -> None:
    air = Air(*AEROSHELL)
    speed = 5335 << 10
    assert air.drag(1_000_000 << 8, speed) <= 1
    assert air.drag(125_000 << 8, speed) < VACUUM
    assert air.drag(95_000 << 8, speed) > VACUUM
