"""Are packets read as an XTCE document of another mission says?"""

from __future__ import annotations

from hypothesis import given, settings

from tests.gse.xtce_documents import Sample, samples
from tests.gse.xtce_peer import compare


@settings(max_examples=25)
@given(samples())
def test_another_decoder_finds_the_same_values(sample: Sample) -> None:
    decoded, compared = compare(sample.xtce, b"".join(sample.packets))
    assert compared
    assert sum(c.decoded for c in decoded.counts.values()) == len(sample.packets)
