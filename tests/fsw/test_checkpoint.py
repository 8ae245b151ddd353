"""Does what must survive a reset survive it, at whatever instant it comes, and nothing else?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.channels import CHANNELS, ENUMS
from fsw.dictionary.index import channel, event
from fsw.dictionary.packets import CHECKPOINT, PACKETS
from fsw.kernel.checkpoint import RETAINED, SLOT, Checkpoint
from fsw.link.counters import Counters
from tests.fsw.bench_board import RecordingBoard, Values, reported

HASH = 1234567
MARS = missions.load("mars2020")
WATCHDOG = ENUMS["RESET_CAUSE"].index("WATCHDOG")
POWER_ON = ENUMS["RESET_CAUSE"].index("POWER_ON")


def saved(retained: bytearray, frame: int, state: int, values: Values | None = None) -> Checkpoint:
    """A checkpoint of a minor frame in a state."""
    values = values or Values()
    checkpoint = Checkpoint(values.cvt, retained, Counters(PACKETS))
    save(checkpoint, values, frame, state)
    return checkpoint


def save(checkpoint: Checkpoint, values: Values, frame: int, state: int) -> None:
    values["DICTIONARY_HASH"] = HASH
    values["FRAME_COUNT"] = frame
    values["EDL_STATE"] = state
    checkpoint.save()


def restored(retained: bytearray, dictionary_hash: int = HASH) -> tuple[bool, Values]:
    values = Values()
    return Checkpoint(values.cvt, retained, Counters(PACKETS)).restore(dictionary_hash), values


def test_every_channel_of_the_checkpoint_comes_back() -> None:
    values = Values()
    widths = {row[0]: row[1] for row in CHANNELS}
    for number, name in enumerate(CHECKPOINT):
        values[name] = number + 1 if widths[name] == "u8" else 1000 + number
    values["DICTIONARY_HASH"] = HASH
    retained = bytearray(RETAINED)
    Checkpoint(values.cvt, retained, Counters(PACKETS)).save()
    found, again = restored(retained)
    assert found
    assert [again[name] for name in CHECKPOINT] == [values[name] for name in CHECKPOINT]


def test_the_younger_slot_counts() -> None:
    retained = bytearray(RETAINED)
    values = Values()
    checkpoint = Checkpoint(values.cvt, retained, Counters(PACKETS))
    for frame in range(10, 17):
        save(checkpoint, values, frame, frame)
        assert restored(retained)[1]["EDL_STATE"] == frame


@given(st.integers(0, RETAINED - 1), st.integers(1, 255), st.booleans())
def test_a_reset_in_the_middle_of_a_save_leaves_the_one_before(
    at: int, flip: int, odd: bool
) -> None:
    """Any octet of one slot may be wrong: what comes back is one of the two, whole."""
    retained = bytearray(RETAINED)
    values = Values()
    checkpoint = Checkpoint(values.cvt, retained, Counters(PACKETS))
    for frame in (10, 11) if odd else (10, 11, 12):
        save(checkpoint, values, frame, frame)
    retained[at] ^= flip
    found, again = restored(retained)
    assert found
    assert again["EDL_STATE"] == again["FRAME_COUNT"]
    assert again["EDL_STATE"] in {10, 11, 12}


@given(st.binary(min_size=RETAINED, max_size=RETAINED))
def test_memory_that_holds_something_else_is_no_checkpoint(octets: bytes) -> None:
    found, values = restored(bytearray(octets))
    assert not found
    assert not any(values.cvt)


def test_a_checkpoint_of_another_dictionary_is_left_alone() -> None:
    retained = bytearray(RETAINED)
    saved(retained, 10, 5)
    assert not restored(retained, HASH + 1)[0]
    assert SLOT * 2 == RETAINED


def flown_to_a_checkpoint(board: RecordingBoard) -> FlightCore:
    """Twenty minor frames in PARACHUTE, with the mortar fired."""
    core = FlightCore(board, MARS)
    core.start(MARS.EI_SCLK + 241, POWER_ON)
    core.cvt[channel("EDL_STATE")] = MARS.STATES.index("PARACHUTE")
    core.cvt[channel("OUTPUTS_FIRED")] = 1 << MARS.OUTPUTS.index("MORTAR")
    for _ in range(20):
        core.minor_frame()
    return core


def test_after_a_reset_the_descent_goes_on_in_its_state_and_says_so() -> None:
    board = RecordingBoard()
    before = flown_to_a_checkpoint(board)
    board.away_frames = 32
    board.outputs = 0
    core = FlightCore(board, MARS)
    core.start(5, WATCHDOG)
    values = Values()
    values.cvt = core.cvt
    assert values["EDL_STATE"] == MARS.STATES.index("PARACHUTE")
    assert board.outputs == 1 << MARS.OUTPUTS.index("MORTAR")
    assert values["FRAME_COUNT"] == before.cvt[channel("FRAME_COUNT")] + 32
    assert values["SCLK_S"] == MARS.EI_SCLK + 241
    assert event("RESUMED") in reported(core.events, values)


def test_after_minutes_away_the_time_is_known_and_the_place_is_not() -> None:
    board = RecordingBoard()
    flown_to_a_checkpoint(board)
    board.away_frames = 60000
    core = FlightCore(board, MARS)
    core.start(5, WATCHDOG)
    for _ in range(8):
        core.minor_frame()
    values = Values()
    values.cvt = core.cvt
    assert values["SCLK_S"] >= MARS.EI_SCLK + 241 + 60000 // 64
    assert values["NAV_ALTITUDE_QUALITY"] == ENUMS["QUALITY"].index("NONE")
    assert values["EDL_STATE"] == MARS.STATES.index("HEAT_SHIELD_AWAY")  # by its backup timer


def test_after_a_power_on_nothing_is_resumed() -> None:
    board = RecordingBoard()
    flown_to_a_checkpoint(board)
    core = FlightCore(board, MARS)
    core.start(MARS.EI_SCLK, POWER_ON)
    assert core.cvt[channel("EDL_STATE")] == 0
    assert core.cvt[channel("OUTPUTS_FIRED")] == 0
