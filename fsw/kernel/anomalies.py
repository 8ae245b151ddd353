"""Which anomalies stand, and what is done about them? Runs the table of fsw.dictionary.responses.

An anomaly is believed once it has persisted and is over once its absence has: what one sample says
changes nothing. While it stands it holds its response; when it passes, load and plan go back to
what everything else asks for. A reset begins the count anew.
"""

from array import array

from fsw.dictionary.index import channel, event, parameter
from fsw.dictionary.responses import RESPONSES, SAFE, SEQUENCE, SHED
from fsw.kernel.resets import ON

_ANOMALIES = channel("ANOMALIES")
_SAFE_PLAN = channel("SAFE_PLAN")
_ENABLED = parameter("ANOMALY_RESPONSES")
_EVENT_BEGUN = event("ANOMALY_BEGUN")
_EVENT_PASSED = event("ANOMALY_PASSED")

SAFE_BY_ANOMALY = 2  # of SAFE_PLAN; what resets ask for comes first
_NOTHING = 0  # of ANOMALY_RESPONSE: not enabled, or not possible


class Anomalies:
    """Writes ANOMALIES; scheduler is to be set to what sheds load."""

    def __init__(self, cvt, events, parameters, sequences, responses=RESPONSES):
        """responses: a table like RESPONSES. Raises KeyError for an unknown channel."""
        self._cvt = cvt
        self._events = events
        self._values = parameters.values
        self._sequences = sequences
        self._rows = tuple([(channel(row[1]),) + row[2:] for row in responses])
        self._samples = array("i", [0] * len(responses))  # that contradict what stands
        self.scheduler = None

    def run(self):
        """One sample of every row."""
        cvt = self._cvt
        samples = self._samples
        i = shed = safe = 0
        for index, lowest, highest, persistence, passing, response, argument in self._rows:
            value = cvt[index]
            out = (lowest is not None and value < lowest) or (
                highest is not None and value > highest
            )
            stands = cvt[_ANOMALIES] >> i & 1
            samples[i] = samples[i] + 1 if out != stands else 0
            if samples[i] >= (passing if stands else persistence):
                samples[i] = 0
                stands ^= 1
                cvt[_ANOMALIES] ^= 1 << i
                if stands:
                    self._begin(i, value, response, argument)
                else:
                    self._events.report(_EVENT_PASSED, 1 << i, value)
            if stands and self._values[_ENABLED] >> i & 1:
                if response == SHED and argument > shed:
                    shed = argument
                elif response == SAFE:
                    safe = SAFE_BY_ANOMALY
            i += 1
        self.scheduler.keep_shed(shed)
        if cvt[_SAFE_PLAN] != ON:
            cvt[_SAFE_PLAN] = safe

    def _begin(self, i, value, response, argument):
        done = response
        if not self._values[_ENABLED] >> i & 1 or (
            response == SEQUENCE and not self._sequences.activate(argument)
        ):
            done = _NOTHING
        self._events.report(_EVENT_BEGUN, 1 << i, value, done)
