"""How fast does AIT-Core decode the packets? In an environment of its own, once a line it is sent.

python bench/peer_ait.py DIRECTORY: layouts.json there holds, by APID, a name and fields (name,
octet, octets and type), packets.json the octets of each packet in hexadecimal. It says "ready",
then how many packets it has decoded.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import msgpack


def configure(directory: Path) -> None:
    """It wants a configuration, and leap seconds, which it would fetch; counts need neither."""
    config = directory / "config.yaml"
    config.write_text("default:\n  name: bench\n")
    ever = {"__dmc_datetime__": True, "as_iso_str": "9999-12-31T00:00:00"}
    seconds = msgpack.packb({"valid": ever, "leapseconds": [[ever, 0]]})
    (directory / "leapseconds.dat").write_bytes(seconds)
    os.environ |= {"AIT_ROOT": str(directory), "AIT_CONFIG": str(config)}


def layouts_of(rows: dict[str, Any], tlm: Any) -> dict[int, Any]:
    """Its definitions of packets."""
    return {
        int(apid): tlm.PacketDefinition(
            name=name,
            fields=[
                tlm.FieldDefinition(
                    name=field, bytes=at if size == 1 else [at, at + size - 1], type=kind
                )
                for field, at, size, kind in fields
            ],
        )
        for apid, (name, fields) in rows.items()
    }


def main(directory: Path) -> None:
    configure(directory)
    from ait.core import dtype, tlm  # noqa: PLC0415 - after the configuration

    assert dtype  # it registers the types
    layouts = layouts_of(json.loads((directory / "layouts.json").read_text()), tlm)
    packets = [bytes.fromhex(p) for p in json.loads((directory / "packets.json").read_text())]
    print("ready", flush=True)
    for _ in sys.stdin:
        for packet in packets:
            layout = layouts[(packet[0] & 7) << 8 | packet[1]]
            read = tlm.Packet(layout, data=bytearray(packet))
            for field in layout.fields:
                getattr(read, field.name)
        print(len(packets), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
