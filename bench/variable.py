"""What is the decoder of other missions measured on? Packets of any length, of any file size.

Four kinds take turns: housekeeping with calibrated numbers, labels, flags and an entry that is not
always there; a list of samples; a text that ends where it ends; and octets of a picture.
"""

from __future__ import annotations

import functools
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench import capture
from fsw.link import layout
from tests.gse.xtce_documents import container, document, entry, integer_type

_COUNTS = 1 << 14  # of a sequence counter
_TIME = (
    '<AbsoluteTimeParameterType name="TIME_T"><Encoding><IntegerDataEncoding sizeInBits="32"/>'
    "</Encoding><ReferenceTime><Epoch>GPS</Epoch></ReferenceTime></AbsoluteTimeParameterType>"
)
_MODE = (
    '<EnumeratedParameterType name="MODE_T"><IntegerDataEncoding sizeInBits="4"/>'
    "<EnumerationList>{}</EnumerationList></EnumeratedParameterType>"
).format("".join(f'<Enumeration value="{n}" label="MODE_{n}"/>' for n in range(12)))
_FLAG = (
    '<BooleanParameterType name="FLAG_T"><IntegerDataEncoding sizeInBits="1"/>'
    "</BooleanParameterType>"
)
_FLOAT = (
    '<FloatParameterType name="FLOAT_T"><FloatDataEncoding sizeInBits="32"/></FloatParameterType>'
)
_TEXT = (
    '<StringParameterType name="TEXT_T"><StringDataEncoding encoding="UTF-8">'
    '<Variable maxSizeInBits="8000"><TerminationChar>00</TerminationChar></Variable>'
    "</StringDataEncoding></StringParameterType>"
)
_AS_MANY = '<DynamicValue><ParameterInstanceRef parameterRef="{}"/>{}</DynamicValue>'
_PIXELS = (
    '<BinaryParameterType name="PIXELS_T"><BinaryDataEncoding><SizeInBits>'
    + _AS_MANY.format("LENGTH", '<LinearAdjustment slope="8"/>')
    + "</SizeInBits></BinaryDataEncoding></BinaryParameterType>"
)
_KELVIN = (
    "<DefaultCalibrator><PolynomialCalibrator>"
    '<Term coefficient="273.15" exponent="0"/><Term coefficient="0.01" exponent="1"/>'
    "</PolynomialCalibrator></DefaultCalibrator>"
)
_TEMPERATURES = tuple(f"TEMPERATURE_{n}" for n in range(6))
_CURRENTS = tuple(f"CURRENT_{n}" for n in range(6))
_FLAGS = tuple(f"FLAG_{n}" for n in range(4))


def xtce() -> bytes:
    """The document that describes the packets."""
    samples = f"<RepeatEntry><Count>{_AS_MANY.format('COUNT', '')}</Count></RepeatEntry>"
    failed = '<IncludeCondition><Comparison parameterRef="MODE" value="MODE_3"/></IncludeCondition>'
    kinds = [
        _TIME, _MODE, _FLAG, _FLOAT, _TEXT, _PIXELS, integer_type("U8_T", 8),
        integer_type("U16_T", 16), integer_type("SAMPLE_T", 12, encoding="twosComplement"),
        integer_type("KELVIN_T", 16, _KELVIN, encoding="twosComplement"),
    ]  # fmt: skip
    parameters = [
        ("TIME", "TIME_T"), ("MODE", "MODE_T"), ("FAILURE", "U16_T"), ("COUNT", "U8_T"),
        ("SAMPLE", "SAMPLE_T"), ("TEXT", "TEXT_T"), ("LENGTH", "U16_T"), ("PIXELS", "PIXELS_T"),
        *((name, "KELVIN_T") for name in _TEMPERATURES), *((name, "FLOAT_T") for name in _CURRENTS),
        *((name, "FLAG_T") for name in _FLAGS),
    ]  # fmt: skip
    numbers = "".join(map(entry, (*_FLAGS, *_TEMPERATURES, *_CURRENTS)))
    time = entry("TIME")
    return document(
        kinds,
        parameters,
        [
            container("HOUSEKEEPING", time + entry("MODE") + numbers + entry("FAILURE", failed), 1),
            container("SAMPLES", time + entry("COUNT") + entry("SAMPLE", samples), 2),
            container("LOG", time + entry("TEXT"), 3),
            container("PICTURE", time + entry("LENGTH") + entry("PIXELS"), 4),
        ],
    )


@functools.cache
def packets() -> tuple[bytes, ...]:
    """Of each kind so many that its counter begins again: some 14 MB."""
    r = random.Random(1)
    kinds = (_housekeeping, _samples, _log, _picture)
    return tuple(
        _packet(apid, count, struct.pack(">I", 1_400_000_000 + count) + make(r))
        for count in range(_COUNTS)
        for apid, make in enumerate(kinds, 1)
    )


def write(path: Path, octets: int, framing: str = "packets") -> None:
    """A file of about so many octets, packets one behind another or in frames; it repeats itself
    where the counters begin again."""
    with path.open("wb") as file:
        for part in _PARTS[framing](packets(), octets):
            file.write(part)


def _one_behind_another(some: Sequence[bytes], octets: int) -> Iterator[bytes]:
    whole = b"".join(some)
    for _ in range(octets // len(whole)):
        yield whole
    left = octets % len(whole)
    for packet in some:
        left -= len(packet)
        if left < 0:
            break
        yield packet


def _in_frames(some: Sequence[bytes], octets: int) -> Iterator[bytes]:
    whole = capture.turn(capture.dictionary(), some)
    for at in range(0, octets, len(whole)):
        left = min(octets - at, len(whole))
        yield whole[: left // layout.CADU_LENGTH * layout.CADU_LENGTH]


_PARTS: dict[str, Callable[[Sequence[bytes], int], Iterator[bytes]]] = {
    "packets": _one_behind_another,
    "frames": _in_frames,
}


def _packet(apid: int, count: int, data: bytes) -> bytes:
    return struct.pack(">HHH", apid, 0xC000 | count, len(data) - 1) + data


def _housekeeping(r: random.Random) -> bytes:
    mode = r.randrange(12)
    failure = struct.pack(">H", r.randrange(1 << 16)) if mode == 3 else b""
    temperatures = [r.randrange(-4000, 8000) for _ in _TEMPERATURES]
    currents = [r.random() for _ in _CURRENTS]
    return struct.pack(">B6h6f", mode << 4 | r.randrange(16), *temperatures, *currents) + failure


def _samples(r: random.Random) -> bytes:
    count = r.randrange(100)
    return bytes((count,)) + r.randbytes((12 * count + 7) // 8)


def _log(r: random.Random) -> bytes:
    words = [f"{r.choice(('heater', 'wheel', 'valve'))} {r.randrange(999)}"] * r.randrange(1, 6)
    return " ".join(words).encode() + b"\0"


def _picture(r: random.Random) -> bytes:
    length = r.randrange(20, 1200)
    return struct.pack(">H", length) + r.randbytes(length)
