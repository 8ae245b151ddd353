"""Is the air the standard's, and do the gusts have the strength they are said to have?"""

from __future__ import annotations

import statistics

import pytest

from gse.sim.droptest.air import Air, Wind
from gse.sim.streams import stream

# U.S. Standard Atmosphere 1976 by geometric height: pressure in Pa, density in kg/m3. [K] beyond
# sea level; the closed form below is the one published.
TABLE = {
    0.0: (101325.0, 1.2250),
    500.0: (95461.0, 1.1673),
    1000.0: (89876.0, 1.1117),
    1500.0: (84559.0, 1.0581),
    2000.0: (79501.0, 1.0066),
    3000.0: (70121.0, 0.90925),
}


@pytest.mark.parametrize(("height_m", "expected"), TABLE.items())
def test_pressure_and_density_are_the_tables(
    height_m: float, expected: tuple[float, float]
) -> None:
    pressure, density = Air().at(height_m)
    assert pressure == pytest.approx(expected[0], rel=1e-4)
    assert density == pytest.approx(expected[1], rel=1e-4)


@pytest.mark.parametrize("height_m", [0.0, 400.0, 1100.0, 2500.0])
def test_it_agrees_with_the_formula_that_is_published_for_the_troposphere(height_m: float) -> None:
    """P = P0 (1 - h / 44329 m)^5.255876, density with 4.255876."""
    pressure, density = Air().at(height_m)
    assert pressure == pytest.approx(101325 * (1 - height_m / 44329) ** 5.255876, rel=5e-4)
    assert density == pytest.approx(1.225 * (1 - height_m / 44329) ** 4.255876, rel=5e-4)


def test_a_column_of_air_weighs_what_the_pressure_says() -> None:
    for air in (Air(), Air(100000.0, 15.0)):
        below, density = air.at(300.0)
        above, _ = air.at(301.0)
        assert below - above == pytest.approx(density * 9.80665, rel=1e-3)


def test_the_wind_grows_with_height_and_gusts_by_a_tenth() -> None:
    wind = Wind(5.0, stream(1, "gusts"))
    assert wind.mean_m_s(10.0) == 5.0
    assert 8.0 < wind.mean_m_s(500.0) < 9.5
    gusts = []
    for _ in range(20000):
        wind.advance(50.0, 10.0, 0.25)
        gusts.append(wind.east_gust_m_s)
    assert statistics.pstdev(gusts) == pytest.approx(0.5, rel=0.1)


def test_still_air_does_not_move() -> None:
    wind = Wind(0.0, stream(1, "gusts"))
    wind.advance(50.0, 10.0, 1.0)
    assert wind.at(100.0) == (0.0, 0.0)
