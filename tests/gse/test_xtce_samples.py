"""Do files of other missions decode to the values that space_packet_parser finds in them?

The samples are not ours to pass on: EDLCAM_XTCE_SAMPLES names a directory with them, as it is in
the repository of space_packet_parser at tests/test_data.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.gse.xtce_peer import compare

SAMPLES = os.environ.get("EDLCAM_XTCE_SAMPLES", "")

pytestmark = pytest.mark.skipif(
    not SAMPLES,
    reason="needs samples of other missions: set EDLCAM_XTCE_SAMPLES to the directory "
    "tests/test_data of the space_packet_parser repository",
)

JPSS = "jpss/J01_G011_LZ_2021-04-09T00-00-00Z_V01.DAT1"


@pytest.mark.parametrize(
    ("xtce", "data", "skipped", "packets"),
    [
        ("jpss/jpss1_geolocation_xtce_v1.xml", JPSS, 0, 7200),
        ("jpss/contrived_inheritance_structure.xml", JPSS, 0, 7200),
        ("ctim/ctim_xtce_v1.xml", "ctim/ccsds_2021_155_14_39_51", 0, 1499),
        ("suda/suda_combined_science_definition.xml", "suda/sciData_2022_130_17_41_53.spl", 4, 13),
        ("idex/idex_combined_science_definition.xml", "idex/sciData_2023_052_14_45_05", 0, 78),
    ],
)
def test_every_value_of_a_sample_is_the_other_decoders(
    xtce: str, data: str, skipped: int, packets: int
) -> None:
    directory = Path(SAMPLES)
    decoded, compared = compare(
        (directory / xtce).read_bytes(), (directory / data).read_bytes(), skipped
    )
    print(f"{data}: {packets} packets, {compared:,} values the same")
    assert sum(c.decoded for c in decoded.counts.values()) == packets
    assert not decoded.unknown
    assert not decoded.ambiguous
