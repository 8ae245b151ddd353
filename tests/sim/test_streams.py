"""Do streams of chance stay apart?"""

from gse.sim.streams import stream


def test_a_stream_repeats_itself() -> None:
    assert [stream(5, "air").random() for _ in range(2)] == [stream(5, "air").random()] * 2


def test_its_draws_are_those_of_every_machine() -> None:
    # Frozen: a change here changes every flight that was ever recorded with a seed.
    assert stream(0, "air").getrandbits(32) == 2_098_885_606


def test_another_consumer_shifts_no_draw() -> None:
    alone = stream(7, "wind")
    expected = [alone.random() for _ in range(5)]
    wind, newcomer = stream(7, "wind"), stream(7, "newcomer")
    drawn = []
    for _ in range(5):
        newcomer.random()
        drawn.append(wind.random())
    assert drawn == expected


def test_seeds_and_names_do_not_run_together() -> None:
    draws = {stream(seed, name).random() for seed in (1, 11) for name in ("1", "11", "a")}
    assert len(draws) == 6
