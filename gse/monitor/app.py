"""How does the terminal console run? It takes what the session has, and has the panels drawn.

Batches wait in the subscription as long as it takes, so a slow screen is late and loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Label, RichLog

from gse.archive.index import KeptAlarm
from gse.live.session import Status, Subscription
from gse.monitor import panels
from gse.monitor.model import Event, Model
from gse.monitor.panels import View
from gse.monitor.text import DIM, LEVELS, SEVERITIES, Size, clock

_REFRESH_S = 0.2
_WHO = "monitor"


class Watched(Protocol):
    """What the console needs of a session."""

    @property
    def status(self) -> Status: ...
    @property
    def levels(self) -> Mapping[str, str]: ...
    @property
    def alarms(self) -> list[KeptAlarm]: ...
    def acknowledge(self, alarm: KeptAlarm, who: str) -> None: ...


Draw = Callable[[View, Size], Text]


class Panel(Widget):
    """Shows what a function draws."""

    def __init__(self, draw: Draw, title: str, name: str) -> None:
        super().__init__(id=name)
        self._draw = draw
        self.border_title = title

    def render(self) -> Text:
        app = self.app
        assert isinstance(app, MonitorApp)
        size = self.content_size
        return self._draw(app.view, Size(size.width, size.height))


class AlarmScreen(ModalScreen[None]):
    """Alarms, and who has seen them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,a", "dismiss", "back"),
        ("enter", "acknowledge", "acknowledge"),
        ("A", "acknowledge_all", "acknowledge all"),
    ]

    def __init__(self, session: Watched) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        with Vertical(id="alarms"):
            yield Label("Alarms: Enter acknowledges, A acknowledges all, Escape goes back")
            yield DataTable(cursor_type="row", zebra_stripes=True)

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("severity", "channel", "value", "limits", "onset", "now", "seen by")
        self._fill()

    def on_data_table_row_selected(self) -> None:
        self.action_acknowledge()

    def action_acknowledge(self) -> None:
        alarms = self._alarms()
        row = self.query_one(DataTable).cursor_row
        if row < len(alarms):
            self._session.acknowledge(alarms[row], _WHO)
        self._fill()

    def action_acknowledge_all(self) -> None:
        for alarm in self._alarms():
            if alarm.acknowledged_utc is None:
                self._session.acknowledge(alarm, _WHO)
        self._fill()

    def _alarms(self) -> list[KeptAlarm]:
        return list(reversed(self._session.alarms))

    def _fill(self) -> None:
        table = self.query_one(DataTable)
        row = table.cursor_row
        table.clear()
        for kept in self._alarms():
            alarm = kept.alarm
            onset = time.strftime("%H:%M:%S", time.gmtime(alarm.onset_utc))
            table.add_row(
                Text(alarm.severity, LEVELS[alarm.severity]), alarm.channel, alarm.value,
                alarm.bounds, onset, "open" if alarm.is_open else "over",
                kept.acknowledged_by or Text("nobody", LEVELS[alarm.severity]),
            )  # fmt: skip
        table.move_cursor(row=row)


class MonitorApp(App[None]):
    """The console of one session. interrupted: it was ended by Ctrl-C, which a terminal that shows
    it passes on as a key."""

    TITLE = "edlcam monitor"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - as in the base class
    VERTICAL_BREAKPOINTS = [(0, "-low"), (38, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        ("q", "quit", "quit"),
        Binding("ctrl+c", "interrupt", "quit", show=False, priority=True),
        ("a", "alarms", "alarms"),
        ("e", "events", "events in full"),
    ]
    CSS = """
    Screen { background: #0b1118; color: #c9d4e0; layout: vertical; }
    #header { height: 1; background: #121b26; }
    Panel { border-top: solid #2b3a4a; border-title-color: #8fa3b8; padding: 0 1; }
    #header { border: none; padding: 0; }
    #upper { height: 1fr; }
    #left, #right { width: 1fr; }
    #middle { display: none; }
    #state { height: 6; min-height: 6; }
    #cameras-left { height: 1fr; }
    #values { height: 9; }
    #link { height: 1fr; }
    #timeline, #board, #curves, #cameras { display: none; }
    #events { height: 6; border-top: solid #2b3a4a; border-title-color: #8fa3b8;
              background: #0b1118; padding: 0 1; scrollbar-size-vertical: 1;
              overflow-x: hidden; scrollbar-color: #2b3a4a; scrollbar-background: #0b1118; }
    Footer { background: #121b26; }
    .-high #events { height: 8; }
    .-high #timeline, .-high #board { display: block; height: 1fr; }
    .-high #state { height: 9; }
    .-high #cameras-left { height: 11; }
    .-wide.-high #cameras-left { display: none; }
    .-wide.-high #cameras { display: block; height: 12; }
    .-wide.-high #left { width: 46; }
    .-wide.-high #right { width: 62; }
    .-wide.-high #middle, .-wide.-high #curves { display: block; }
    .-wide.-high #middle { width: 1fr; }
    .-wide.-high #curves { height: 1fr; }
    .-wide.-high #values { display: none; }
    .-wide.-high #link { height: 11; }
    .-wide.-high Panel, .-wide.-high #events { border: round #2b3a4a; }
    .-wide.-high #header { border: none; }
    .-wide.-high #events { height: 12; }
    .-full #upper { display: none; }
    .-full #events { height: 1fr; }
    #alarms { width: 90%; height: 70%; border: round #5bb8ff; background: #121b26; padding: 1 2; }
    AlarmScreen { align: center middle; }
    DataTable { background: #121b26; height: 1fr; }
    """

    def __init__(self, session: Watched, subscription: Subscription) -> None:
        super().__init__()
        self.interrupted = False
        self.model = Model()
        self._session = session
        self._subscription = subscription
        self._shown = 0  # event reports
        self.view = self._view()

    def compose(self) -> ComposeResult:
        yield Panel(panels.header, "", "header")
        with Horizontal(id="upper"):
            with Vertical(id="left"):
                yield Panel(panels.state, "state", "state")
                yield Panel(panels.timeline, "timeline", "timeline")
                yield Panel(panels.cameras, "cameras", "cameras-left")
            with Vertical(id="middle"):
                yield Panel(panels.navigation, "navigation", "curves")
            with Vertical(id="right"):
                yield Panel(panels.navigation, "navigation", "values")
                yield Panel(panels.cameras, "cameras", "cameras")
                yield Panel(panels.link, "link", "link")
                yield Panel(panels.board, "board", "board")
        yield RichLog(id="events", max_lines=20_000, wrap=True, auto_scroll=True)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#events", RichLog).border_title = "events"
        self.refresh_now()
        self.set_interval(_REFRESH_S, self.refresh_now)

    def refresh_now(self) -> None:
        """Takes what has come, and shows it."""
        for decoded in self._subscription.drain():
            self.model.take(decoded, time.time())
        self.model.levels = self._session.levels
        self.view = self._view()
        screen = self.screen_stack[0]  # that of alarms may be on top; at the end both are empty
        for panel in screen.query(Panel):
            panel.refresh()
        for log in screen.query(RichLog):
            self._show_events(log)

    def action_interrupt(self) -> None:
        self.interrupted = True
        self.exit()

    def action_alarms(self) -> None:
        self.push_screen(AlarmScreen(self._session))

    def action_events(self) -> None:
        self.screen.toggle_class("-full")

    def _view(self) -> View:
        unseen: dict[str, int] = {}
        for kept in self._session.alarms:
            if kept.acknowledged_utc is None:
                severity = kept.alarm.severity
                unseen[severity] = unseen.get(severity, 0) + 1
        return View(self.model, self._session.status, time.time(), unseen)

    def _show_events(self, log: RichLog) -> None:
        new = min(self.model.events_seen - self._shown, len(self.model.events))
        self._shown = self.model.events_seen
        at_end = log.is_vertical_scroll_end  # who has scrolled back reads on undisturbed
        width = log.scrollable_content_region.width or None
        for event in list(self.model.events)[len(self.model.events) - new :]:
            log.write(_line(event), width, scroll_end=at_end)


def _line(event: Event) -> Text:
    style = SEVERITIES.get(event.severity, "")
    return Text.assemble(
        (f"{clock(event.time_s, 2):>12} ", DIM), (f"{event.severity:<12} ", style),
        (event.text, style),
    )  # fmt: skip
