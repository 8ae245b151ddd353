"""How does a flight core come out of a board and a mission, and what is one minor frame of it?

The only place where modules meet. Data flows one way, down the table of fsw.schedule: sensors,
navigation, state machine, cameras, telemetry, link; what they share stands in the current value
table. boards/__init__.py says what a board must offer.
"""

from fsw import VERSION
from fsw.cam.accounts import Accounts
from fsw.cam.microphone import Microphone
from fsw.cam.plan import Plan
from fsw.cam.power import Power
from fsw.cam.recording import Recording
from fsw.cam.trial import Trial
from fsw.data.areas import recorder_area
from fsw.data.banks import Banks
from fsw.data.log import Log
from fsw.data.pages import PageReader
from fsw.data.playback import Playback
from fsw.data.recorder import Recorder
from fsw.data.sequences import SequenceStore
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.flown import KINDS, PACKETS
from fsw.dictionary.index import channel, event, fingerprint, packet
from fsw.dictionary.limits import limits_of
from fsw.edl.confirmation import Confirmation
from fsw.edl.machine import Machine
from fsw.edl.outputs import Outputs
from fsw.edl.reached import Reached
from fsw.kernel.anomalies import Anomalies
from fsw.kernel.checkpoint import Checkpoint
from fsw.kernel.clock import Clock
from fsw.kernel.cvt import current_value_table
from fsw.kernel.events import Events
from fsw.kernel.health import Health
from fsw.kernel.limits import LimitMonitor
from fsw.kernel.parameters import Parameters
from fsw.kernel.resets import Resets
from fsw.kernel.scheduler import Scheduler
from fsw.link.commands import Commands
from fsw.link.counters import Counters
from fsw.link.downlink import Downlink
from fsw.link.layout import CODINGS
from fsw.link.packets import Packetizer
from fsw.link.queues import Queues
from fsw.link.sequences import Sequences
from fsw.link.telemetry import Telemetry
from fsw.nav.estimator import Estimator
from fsw.nav.selection import Selection
from fsw.schedule import TASKS

# Of a running descent; after a power-on or at the beginning of a simulation nothing is resumed.
_RESETS = tuple(
    [ENUMS["RESET_CAUSE"].index(name) for name in ("WATCHDOG", "BROWN_OUT", "COMMANDED")]
)

_STATE = channel("EDL_STATE")
_PLAYBACK_FIRST = channel("PLAYBACK_FIRST")
_FULL_RATE = packet("NAV_RATE")

_CRC, _RS = CODINGS
_AUTHENTICATED = ENUMS["UPLINK_MODE"].index("AUTHENTICATED")


class FlightCore:
    """The flight software of one board. After start(), minor_frame() is to be called 64 times a
    second; it raises nothing and allocates nothing."""

    def __init__(self, board, mission, coding="", interleave=0):
        """Builds everything that will ever be allocated. coding, interleave: of the downlink, of
        fsw.link.layout.CODINGS and INTERLEAVES; by default the mission's. Raises ValueError or
        KeyError for a mission table, a coding or an interleave that names what does not exist."""
        cvt = current_value_table(KINDS)
        self.cvt = cvt
        self.board = board
        self.mission = mission
        self._clock = Clock(cvt, mission.EI_SCLK)
        self.events = events = Events(cvt)
        self.parameters = Parameters(mission)

        self._selection = Selection(cvt)
        self._estimator = Estimator(cvt, events, self.parameters, mission.NAVIGATION)
        self._machine = Machine(mission.STATES, mission.TRANSITIONS, cvt, events)
        self._reached = Reached(cvt)
        self._confirmation = Confirmation(mission.STATES, mission.TRANSITIONS, cvt, events)
        self._outputs = Outputs(
            mission.STATES, mission.OUTPUTS, mission.DEPLOYMENTS, cvt, board, events
        )
        self._trial = Trial(mission.CAMERAS, cvt, events)
        self._power = Power(
            mission.STATES,
            mission.CAMERAS,
            mission.CAMERA_POWER,
            cvt,
            board,
            events,
            self.parameters,
        )
        self._recording = Recording(mission.RECORD_CONFIRM, mission.CAMERAS, cvt, events)
        self._plan = Plan(mission.STATES, mission.CAMERAS, mission.CAMERA_PLAN, cvt, board, events)
        self._accounts = Accounts(mission.CAMERAS, cvt, events)
        self._microphone = Microphone(mission.CAMERAS, cvt, events)

        interleave = interleave or mission.DOWNLINK_INTERLEAVE
        counters = Counters(PACKETS, mission.DOWNLINK_BITS_PER_S, interleave)
        packetizer = Packetizer(KINDS, PACKETS, cvt, counters)
        queues = Queues(cvt, PACKETS, packetizer.lengths)
        self._last_state = len(mission.STATES) - 1
        full_rate_from = mission.STATES.index(mission.FULL_RATE_FROM)
        reader = PageReader()
        log = Log(board.flash, reader) if recorder_area(board.flash)[1] else None
        self._recorder = Recorder(cvt, events, log, counters, full_rate_from, self._last_state)
        self._playback = Playback(cvt, events, log, reader)
        self._telemetry = Telemetry(
            PACKETS, mission.SILENT_PACKETS, packetizer, queues, cvt, events, self._recorder
        )
        file_commands = file_queue = self._file_sender = None
        if board.files:
            file_commands, file_queue = self._make_files(log)
        self._downlink = Downlink(
            cvt,
            board,
            queues,
            mission.SPACECRAFT_ID,
            mission.DOWNLINK_BITS_PER_S,
            _coder(coding or mission.DOWNLINK_CODING, interleave),
            counters,
            playback=self._playback,
            files=file_queue,
            interleave=interleave,
        )
        self.cadu_length = self._downlink.cadu_length
        self._receiver = None
        if board.uplink_mode == _AUTHENTICATED:
            self._receiver = self._make_receiver()
        self._banks = Banks(cvt, events, board.flash, self.parameters, mission)
        self._sequences = Sequences(cvt, events, SequenceStore(board.flash), self._telemetry)
        self._commands = Commands(
            cvt,
            self._receiver or board,
            events,
            self._clock,
            self._estimator,
            self.parameters,
            self._telemetry,
            self._trial,
            self._banks,
            self._sequences,
            self._recorder,
            self._playback,
            self._last_state,
            file_commands,
        )
        self._limits = LimitMonitor(limits_of(mission), cvt, events)
        self._checkpoint = Checkpoint(cvt, board.retained, counters)
        self._resets = Resets(cvt, events)
        self._anomalies = Anomalies(cvt, events, self.parameters, self._sequences)
        self._health = Health(TASKS, "HEALTH", cvt, board, events, self.parameters)

        runs = {
            "SENSORS": self._run_sensors,
            "UPLINK": self._receiver.run if self._receiver else self._no_receiver,
            "COMMANDS": self._commands.run,
            "NAVIGATION": self._estimator.propagate,
            "NAVIGATION_AIDING": self._estimator.aid,
            "EDL": self._run_edl,
            "CAMERAS": self._run_cameras,
            "CAMERA_ACCOUNTS": self._run_camera_accounts,
            "LIMITS": self._limits.run,
            "TELEMETRY": self._telemetry.run_critical,
            "HOUSEKEEPING": self._telemetry.run_housekeeping,
            "BULK_TELEMETRY": self._telemetry.run_bulk,
            "RECORDER": self._run_recorder,
            "FILES": file_queue.run if file_queue else self._no_files,
            "DOWNLINK": self._downlink.run,
            "CHECKPOINT": self._checkpoint.save,
            "HEALTH": self._run_health,
        }
        self._scheduler = Scheduler(TASKS, [runs[row[0]] for row in TASKS], cvt, board, events)
        self._health.scheduler = self._anomalies.scheduler = self._scheduler

    def start(self, sclk_s, reset_cause):
        """Sets the clock to a whole second and queues the first packet, the one that says which
        dictionary the others are in. After a reset the descent goes on where it was instead, if the
        board kept a checkpoint of this flight software."""
        cvt = self.cvt
        dictionary_hash = fingerprint(self.mission)
        resumed = reset_cause in _RESETS and self._checkpoint.restore(dictionary_hash)
        cvt[channel("DICTIONARY_HASH")] = dictionary_hash
        cvt[channel("MISSION_ID")] = self.mission.ID
        cvt[channel("FSW_VERSION")] = VERSION
        cvt[channel("RESET_CAUSE")] = reset_cause
        cvt[channel("UPLINK_MODE")] = self.board.uplink_mode
        if resumed:
            self._resume(self.board.away_frames)
        else:
            self._clock.set(sclk_s)
            self._checkpoint.forget()
        cvt[channel("SELF_TEST")] = self.board.self_test
        if self._receiver:
            self._receiver.start()
        self._recorder.start(resumed)
        self._telemetry.send(packet("BOOT"))
        self.events.report(event("BOOTED"), reset_cause, self.mission.ID, VERSION)
        if self.board.self_test:
            self.events.report(event("SELF_TEST_FAILED"), self.board.self_test)
        else:
            self.events.report(event("SELF_TEST_PASSED"))
        if resumed:
            state, time = cvt[channel("EDL_STATE")], cvt[channel("EDL_TIME_IN_STATE")]
            self.events.report(event("RESUMED"), state, time)
            self._resets.report()
            if cvt[channel("SAFE_PLAN")]:  # of resets: no anomaly's outlasts one
                self._confirmation.begin()
            else:
                self.board.drive_outputs(cvt[channel("OUTPUTS_FIRED")])
        self._recorder.report()
        self._banks.load()
        self._sequences.start()
        # Now: the next reset may come before the first of its task, and must be counted.
        self._checkpoint.save()

    def _resume(self, frames):
        """Takes up what the checkpoint brought into the CVT, so many minor frames later."""
        self._clock.resume(frames)
        self._machine.resume(frames)
        self._estimator.resume(frames)
        self._resets.count()
        self._power.resume()
        if self._receiver:
            self._receiver.resume()

    def _make_receiver(self):
        # Imported where they are needed: boards without a key have better use for their memory.
        from fsw.link.antireplay import AntiReplay
        from fsw.link.authentication import Authenticator
        from fsw.link.receiver import Receiver

        board = self.board
        key, key_id, store, sha256 = board.command_key
        numbers = AntiReplay(store, key_id) if key else None
        authenticator = Authenticator(key, key_id, numbers, sha256)
        return Receiver(
            self.cvt, board, self.events, self.mission.SPACECRAFT_ID, authenticator, numbers
        )

    def _make_files(self, log):
        # Imported where they are needed, like the receiver.
        from fsw.data.blackbox import BlackBox
        from fsw.data.files import Files, ParameterDump
        from fsw.link.cfdp import FileSender
        from fsw.link.filecommands import FileCommands
        from fsw.link.filequeue import FileQueue

        files = Files(
            {
                "PARAMETERS": ParameterDump(self.parameters, self.mission),
                "BLACKBOX": BlackBox(self.cvt, log) if log else None,
                "THUMBNAILS": self.board.thumbnails,
            }
        )
        self._file_sender = sender = FileSender(self.cvt, self.events, files, self.parameters)
        return FileCommands(self.cvt, sender, files, self._telemetry), FileQueue(sender)

    def _no_files(self):
        """The board has better use for the memory that they take."""

    def _no_receiver(self):
        """Commands come as packets, from whoever can reach the board."""

    def minor_frame(self):
        """One minor frame: 1/64 s of flight."""
        self._clock.advance()
        self._scheduler.run()

    def _run_sensors(self):
        self.board.read_sensors(self.cvt)
        self._selection.run()

    def _run_edl(self):
        self._machine.run()
        self._reached.run()
        self._confirmation.run()
        self._outputs.run()

    def _run_cameras(self):
        self.board.read_triggers(self.cvt)
        self._trial.run()
        self._power.run()
        self._plan.run()
        self._accounts.run()
        self._microphone.run()

    def _run_recorder(self):
        if self._recorder.full_rate:
            self._telemetry.record(_FULL_RATE)
        self._recorder.run()
        self._playback.run()
        state = self.cvt[_STATE]
        wanted = state == self._last_state and self._playback.active
        if self._file_sender and (state == 0 or state == self._last_state):
            wanted = wanted or self._file_sender.sending
        self.cvt[_PLAYBACK_FIRST] = 1 if wanted else 0

    def _run_health(self):
        self._resets.run()
        self._anomalies.run()
        self._health.run()

    def _run_camera_accounts(self):
        self._accounts.check()
        self._recording.check()
        self._microphone.check()


def _coder(coding, interleave):
    """What codes frames; None where their CRC is enough."""
    if coding == _CRC:
        return None
    if coding != _RS:
        raise ValueError("no coding " + coding)
    # Imported where it is needed, as it has eight kilobytes.
    from fsw.link.codeblock import Codeblock

    return Codeblock(interleave)
