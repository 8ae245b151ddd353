"""What does a Yamcs server need to know to be this mission's? A directory with its configuration.

An instance named as the mission: its dictionary in XTCE, a link that takes our transfer frames, one
a datagram, a link that gives telecommand packets, a real-time processor with alarms and commands,
archives of packets, parameters, events and commands. The spacecraft clock is CUC time (CCSDS 301.0-
B-4 section 3.2) with 4 octets of seconds and 2 of fractions since J2000, as the missions set it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fsw.link import layout
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.link.protection import Coding
from gse.xtce.ours import to_xtce

HTTP_PORT, FRAME_PORT, COMMAND_PORT = 8090, 10017, 10018
_CUC_4_2 = 0x2E  # P-field: epoch of the mission's own, 4 octets of seconds, 2 of fractions
_LONGEST_PACKET = layout.PACKET_HEADER + 65536


@dataclass(frozen=True, slots=True)
class Ports:
    """Of this host: of the web server, where frames come in, and where telecommands go."""

    http: int = HTTP_PORT
    frames: int = FRAME_PORT
    commands: int = COMMAND_PORT


def write(
    dictionary: Dictionary, directory: Path, ports: Ports, coding: Coding | None = None
) -> list[Path]:
    """Writes etc/ and mdb/ of a server; their files. coding: of the downlink, by default the
    mission's. Raises UserError when that cannot be."""
    name = dictionary.mission
    length = (coding or dictionary.coding).frame_length
    document = directory / "mdb" / f"{name}.xml"
    files = {
        document: to_xtce(dictionary),
        directory / "etc" / "yamcs.yaml": _server(name, directory, ports),
        directory / "etc" / "processor.yaml": _PROCESSOR,
        directory / "etc" / f"yamcs.{name}.yaml": _instance(dictionary, document, ports, length),
    }
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot write {error.filename}: {error.strerror}; name another directory with --out"
        ) from error
    return list(files)


def _quoted(path: Path) -> str:
    """A path as a YAML string."""
    return "'" + str(path.resolve()).replace("'", "''") + "'"


def _server(name: str, directory: Path, ports: Ports) -> str:
    return f"""\
# Yamcs server of {name}, written by edlcam. Loopback only: whoever reaches the port may command.
services:
  - class: org.yamcs.http.HttpServer
    args:
      address: 127.0.0.1
      port: {ports.http}

dataDir: {_quoted(directory / "data")}
instances:
  - {name}
"""


_PROCESSOR = """\
realtime:
  services:
    - class: org.yamcs.StreamTmPacketProvider
    - class: org.yamcs.StreamTcCommandReleaser
    - class: org.yamcs.tctm.StreamParameterProvider
    - class: org.yamcs.algorithms.AlgorithmManager
    - class: org.yamcs.parameter.LocalParameterManager
  config:
    subscribeAll: true
    persistParameters: true
    alarm:
      parameterCheck: true
      parameterServer: enabled

Archive:
  services:
    - class: org.yamcs.tctm.ReplayService
    - class: org.yamcs.algorithms.AlgorithmManager

ParameterArchive:
  services:
    - class: org.yamcs.tctm.ReplayService
    - class: org.yamcs.algorithms.AlgorithmManager
  config:
    subscribeContainerArchivePartitions: false

ArchiveRetrieval:
  services:
    - class: org.yamcs.tctm.ReplayService
    - class: org.yamcs.algorithms.AlgorithmManager
  config:
    subscribeContainerArchivePartitions: false
"""


def _instance(dictionary: Dictionary, document: Path, ports: Ports, frame_length: int) -> str:
    channels = "".join(
        _channel(number, stream)
        for number, stream in (
            (layout.VC_REAL_TIME, "tm_realtime"),
            (layout.VC_PLAYBACK, "tm_dump"),
            (layout.VC_FILES, "tm_files"),
            (layout.VC_IDLE, "tm_files"),  # its frames carry only idle data: nothing comes of them
        )
    )
    return f"""\
# Mission {dictionary.mission}, dictionary {dictionary.fingerprint:08X}, written by edlcam.
services:
  - class: org.yamcs.archive.XtceTmRecorder
  - class: org.yamcs.archive.ParameterRecorder
  - class: org.yamcs.archive.AlarmRecorder
  - class: org.yamcs.archive.EventRecorder
  - class: org.yamcs.archive.ReplayServer
  - class: org.yamcs.archive.CcsdsTmIndex
  - class: org.yamcs.archive.CommandHistoryRecorder
  - class: org.yamcs.parameterarchive.ParameterArchive
    args:
      realtimeFiller:
        enabled: true
      backFiller:
        enabled: false
  - class: org.yamcs.ProcessorCreatorService
    args:
      name: realtime
      type: realtime

mdb:
  - type: xtce
    args:
      file: {_quoted(document)}

dataLinks:
  # One transfer frame a datagram, {frame_length} octets, without its sync marker.
  - name: frames
    class: org.yamcs.tctm.ccsds.UdpTmFrameLink
    port: {ports.frames}
    frameType: TM
    spacecraftId: {dictionary.spacecraft_id}
    frameLength: {frame_length}
    errorDetection: CRC16
    clcwStream: clcw
    virtualChannels:
{channels}\
  # One telecommand packet a datagram: frame, authentication and COP-1 are the sender's.
  - name: commands
    class: org.yamcs.tctm.UdpTcDataLink
    stream: tc_realtime
    host: 127.0.0.1
    port: {ports.commands}
    commandPostprocessorClassName: org.yamcs.tctm.GenericCommandPostprocessor
    commandPostprocessorArgs:
      errorDetection:
        type: CRC-16-CCIIT

streamConfig:
  tm:
    - name: tm_realtime
      processor: realtime
    - name: tm_dump
    - name: tm_files
  cmdHist:
    - cmdhist_realtime
    - cmdhist_dump
  event:
    - events_realtime
    - events_dump
  param:
    - pp_realtime
    - pp_dump
    - sys_param
    - proc_param
  parameterAlarm:
    - alarms_realtime
  tc:
    - name: tc_realtime
      processor: realtime
"""


def _channel(number: int, stream: str) -> str:
    return f"""\
      - vcId: {number}
        ocfPresent: true
        service: PACKET
        maxPacketLength: {_LONGEST_PACKET}
        stream: {stream}
        packetPreprocessorClassName: org.yamcs.tctm.GenericPacketPreprocessor
        packetPreprocessorArgs:
          timestampOffset: {layout.PACKET_HEADER}
          seqCountOffset: 2
          errorDetection:
            type: CRC-16-CCIIT
          timeEncoding:
            type: CUC
            implicitPField: {_CUC_4_2}
            epoch: J2000
"""
