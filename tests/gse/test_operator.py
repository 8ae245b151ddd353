"""Does who commands hear what became of it, on a good link, a bad one, and with the wrong key?"""

from __future__ import annotations

import pytest

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel, parameter
from gse.dictionary import load
from gse.errors import UserError
from gse.keys import Key
from gse.live.connection import connect
from gse.uplink import arguments, cltu, telecommand
from gse.uplink.arguments import in_counts
from gse.uplink.clcw import Clcw
from gse.uplink.fop import Fop
from gse.uplink.frame import Frame
from gse.uplink.hearing import Event, Hearing
from gse.uplink.numbers import Numbers
from gse.uplink.operator import Operator, Outcome, Verdict
from gse.uplink.security import VIRTUAL_CHANNEL, Security
from gse.uplink.session import Session
from tests.fsw.forging import KEY
from tests.gse.live import MISSION, Live, Noise, clean

DICTIONARY = load(MISSION)
LOCK_SAMPLES = parameter("ALTIMETER_LOCK_SAMPLES")
NO_OP = 0x01
TIMEOUT_S = 30.0


def command(
    live: Live,
    name: str = "NO_OP",
    key: Key | None = KEY,
    last: int = 0,
    **counts: int,
) -> tuple[Outcome, list[Event]]:
    """What who has this key hears; last: the number that was used last under it."""
    heard: list[Event] = []
    numbers = Numbers(last)

    def security(spacecraft: int) -> Security:
        assert key
        return Security(key, numbers, spacecraft, VIRTUAL_CHANNEL)

    operator = Operator(live, Hearing(), security if key else None, heard.append, live.clock)
    operator.listen()
    opcode = arguments.find(DICTIONARY, name).opcode
    return operator.command(telecommand(name, counts), opcode, TIMEOUT_S), heard


def names(heard: list[Event]) -> list[str]:
    """Of those that tell of commands: sensors on a bench have much to say, too."""
    ours = ("COMMAND_", "TC_", "UPLINK_", "PARAMETER_")
    return [event.name for event in heard if event.name.startswith(ours)]


@pytest.mark.parametrize("key", [KEY, None], ids=["key", "no key"])
def test_a_command_is_done_and_said_so(key: Key | None) -> None:
    live = Live(key)
    outcome, heard = command(live, "PARAMETER_SET", key, parameter=LOCK_SAMPLES, value=12)
    assert outcome == Outcome(Verdict.DONE, "done on board")
    assert names(heard) == ["PARAMETER_SET", "COMMAND_DONE"]
    assert len(live.sent) == 1


@pytest.mark.parametrize("key", [KEY, None], ids=["key", "no key"])
def test_a_command_that_the_board_refuses_is_said_with_its_reason(key: Key | None) -> None:
    outcome, _ = command(Live(key), "PARAMETER_SET", key, parameter=LOCK_SAMPLES, value=10**6)
    assert outcome == Outcome(Verdict.REFUSED, "refused on board: OUT_OF_RANGE")


@pytest.mark.parametrize(
    ("key", "reason"), [(Key(KEY.identifier, bytes(32)), "FORGED"), (Key(8, bytes(32)), "UNKNOWN")]
)
def test_the_wrong_key_is_said(key: Key, reason: str) -> None:
    live = Live()
    outcome, heard = command(live, key=key)
    assert outcome.verdict is Verdict.REFUSED
    assert reason in outcome.what
    assert set(names(heard)) == {"TC_REFUSED"}


def test_a_ground_that_has_lost_its_numbers_learns_them_from_telemetry() -> None:
    live = Live()
    for last in range(20):
        assert command(live, last=last)[0].verdict is Verdict.DONE
    outcome, heard = command(live, last=3)
    assert outcome.verdict is Verdict.DONE
    assert names(heard)[0] == "TC_REFUSED"
    assert any("refused: REPLAYED" in event.text for event in heard)


def test_each_kind_of_board_says_how_it_wants_to_be_commanded() -> None:
    with pytest.raises(UserError, match="takes authenticated commands only"):
        command(Live(KEY), key=None)
    with pytest.raises(UserError, match="takes no authenticated frames"):
        command(Live(None), key=KEY)


@pytest.mark.parametrize(
    ("key", "why"), [(KEY, "it did not arrive"), (None, "nobody knows whether it arrived")]
)
def test_what_is_lost_on_the_way_is_no_answer(key: Key | None, why: str) -> None:
    outcome, heard = command(Live(key, up=lambda octets: b""), key=key)
    assert outcome.verdict is Verdict.UNKNOWN
    assert why in outcome.what
    assert not names(heard)


def test_a_link_that_says_nothing_is_one_sentence() -> None:
    with pytest.raises(UserError, match="nothing came down in 10 s"):
        command(Live(down=lambda octets: b""))


def test_another_mission_than_named_is_said() -> None:
    with pytest.raises(UserError, match="name another mission with --mission"):
        list(Hearing("droptest").take(Live().receive(1.0)))


@pytest.mark.parametrize(("lost", "bit_errors", "commands"), [(0.01, 1e-5, 300), (0.05, 1e-4, 150)])
@pytest.mark.parametrize("seed", [1, 2])
def test_over_a_bad_link_every_command_is_carried_out_once_and_in_order(
    seed: int, lost: float, bit_errors: float, commands: int
) -> None:
    """1 % of the frames lost and a bit error rate of 1e-5, both ways; then much worse."""
    up, down = Noise(seed, lost, bit_errors), Noise(seed + 100, lost, bit_errors)
    live = Live(up=up, down=down)
    security = Security(KEY, Numbers(), DICTIONARY.spacecraft_id, VIRTUAL_CHANNEL)

    def send(frame: Frame) -> bool:
        live.send(encoded(security, frame))
        return True

    session = Session(Fop(limit=20), send)
    for value in range(commands):
        counts = {"parameter": LOCK_SAMPLES, "value": 1 + value % 255}
        session.submit(telecommand("PARAMETER_SET", counts), live.now)
    core = live.target._core
    assert core is not None
    carried_out: list[int] = []
    done = channel("COMMANDS_ACCEPTED")
    hearing = Hearing(MISSION)
    while not session.done:
        heard = live.minor_frame()
        if core.cvt[done] > len(carried_out):
            carried_out.append(core.parameters.values[LOCK_SAMPLES])
        for word in hearing.take(heard):
            if isinstance(word, Clcw):
                session.hear(word, live.now)
        session.tick(live.now)
        assert not session.lost
        assert live.now < 60 * commands, "it does not get on"
    assert carried_out == [1 + value % 255 for value in range(commands)]
    assert up.units_lost + down.units_lost > 0
    assert up.bits_flipped + down.bits_flipped > 0


def encoded(security: Security, frame: Frame) -> bytes:
    return cltu.encode(security.protect(frame))


def test_the_key_is_nowhere_in_what_comes_down() -> None:
    """Nor any four octets of it, after commands of every kind, refusals and a dump."""
    live = Live()
    command(live, "PARAMETER_DUMP")
    command(live, "NO_OP", last=1)
    command(live, "NO_OP", Key(KEY.identifier, bytes(32)))
    live.receive(20.0)
    down = bytes(live.down)
    assert len(down) > 20_000
    core = live.target._core
    assert core is not None
    mode = ENUMS["UPLINK_MODE"][core.cvt[channel("UPLINK_MODE")]]
    assert mode == "AUTHENTICATED"
    pieces = [KEY.octets[at : at + 4] for at in range(len(KEY.octets) - 3)]
    assert not [piece for piece in pieces if piece in down]
    assert KEY.octets.hex().encode() not in down
    assert "bytes" not in repr(KEY)
    assert KEY.octets.hex() not in repr(KEY)


def test_arguments_are_in_the_units_and_names_of_the_dictionary() -> None:
    camera = arguments.find(DICTIONARY, "CAMERA_TEST")
    assert in_counts(DICTIONARY, camera, ["camera=ddc", "pulses=5"]) == {"camera": 3, "pulses": 5}
    assert in_counts(DICTIONARY, camera, ["pulses=5", "camera=3"]) == {"camera": 3, "pulses": 5}
    state = arguments.find(DICTIONARY, "NAV_INITIALISE")
    given = ["time=1000", "altitude=9500.5", "vertical_velocity=-1/2", "horizontal_velocity=4e2",
             "pitch=-180"]  # fmt: skip
    counts = in_counts(DICTIONARY, state, given)
    assert counts == {
        name: round(value * DICTIONARY.channels[of].denominator / DICTIONARY.channels[of].numerator)
        for name, of, value in (
            ("time", "SCLK_S", 1000),
            ("altitude", "NAV_ALTITUDE", 9500.5),
            ("vertical_velocity", "NAV_VERTICAL_VELOCITY", -0.5),
            ("horizontal_velocity", "NAV_HORIZONTAL_VELOCITY", 400),
            ("pitch", "NAV_PITCH", -180),
        )
    }
    set_ = arguments.find(DICTIONARY, "PARAMETER_SET")
    surprise = next(p for p in DICTIONARY.parameters if p.name == "ALTIMETER_SURPRISE")
    of = DICTIONARY.channels[surprise.channel]
    counts = in_counts(DICTIONARY, set_, ["parameter=ALTIMETER_SURPRISE", "value=150"])
    assert counts["value"] == 150 * of.denominator // of.numerator


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("NO_OP", ["a=1"], "takes no arguments"),
        ("CAMERA_TEST", ["camera"], "takes camera, pulses"),
        ("CAMERA_TEST", ["camera=0"], "needs pulses too"),
        ("CAMERA_TEST", ["camera=0", "camera=1", "pulses=1"], "camera is given twice"),
        ("CAMERA_TEST", ["camera=NONE", "pulses=1"], "it takes one of PUC_A"),
        ("CAMERA_TEST", ["camera=8", "pulses=1"], "out of range"),
        ("CAMERA_TEST", ["camera=0", "pulses=0"], "out of range: 1 .. 100 counts"),
        ("CAMERA_TEST", ["camera=0", "pulses=1.5"], "whole numbers"),
        ("CAMERA_TEST", ["camera=0", "pulses=1/0"], "it takes 1 .. 100"),
        ("CLOCK_ADJUST", ["seconds=nan"], "it takes"),
        ("CLOCK_ADJUST", ["seconds=1e999999999"], "it takes"),
        ("CLOCK_ADJUST", ["seconds=1e-999999999"], "it takes"),
        ("PARAMETER_SET", ["parameter=99", "value=1"], "there is no parameter 99"),
        ("PARAMETER_SET", ["parameter=ALTIMETER_SURPRISE", "value=1e9"], "out of range: 1.00 m"),
    ],
)
def test_what_is_wrong_with_an_argument_is_said(name: str, given: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        in_counts(DICTIONARY, arguments.find(DICTIONARY, name), given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no link"),
        ("here", "names no link"),
        ("tcp:localhost", "has no port number"),
        ("tcp:localhost:70000", "has no port number"),
        ("udp::x", "has no port number"),
        ("serial:/dev/none", "cannot open /dev/none"),
        ("sim:/dev/none", "no simulation is live"),
        ("tcp:127.0.0.1:1", "nothing answers at tcp:127.0.0.1:1"),
        ("udp:a..b:5", "'a..b' can be no name of a host"),
    ],
)
def test_a_source_that_is_none_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        connect(text)


def test_octets_in_any_pieces_and_with_garbage_give_the_same_words() -> None:
    live = Live(None)
    octets = live.receive(6.0)
    whole = list(Hearing(MISSION).take(octets))
    assert len(whole) > 20
    hearing = Hearing(MISSION)
    pieces = [
        word
        for at in range(0, len(octets), 7)
        for word in hearing.take((b"\x1a\xcf" if at == 0 else b"") + clean(octets[at : at + 7]))
    ]
    assert pieces == whole
