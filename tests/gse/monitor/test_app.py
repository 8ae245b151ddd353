from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, RichLog

from gse.live.session import Session
from gse.live.source import Source
from gse.monitor.app import MonitorApp, Panel
from tests.gse.conftest import DEAD_CAMERA, MISSION

SIZES = [(80, 24), (120, 40), (160, 48)]

Step = Callable[[MonitorApp, Pilot[Any]], Awaitable[None]]


def watched(session: Session, size: tuple[int, int], step: Step) -> None:
    """Runs the console over a session that has received everything, and then a step."""
    app = MonitorApp(session, session.subscribe())
    session.start()
    session.join()

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            app.refresh_now()
            await pilot.pause()
            await step(app, pilot)

    asyncio.run(run())
    session.stop()


def session_of(path: Path) -> Session:
    return Session(Source(f"file:{path}?speed=0"))


def shown(app: MonitorApp) -> str:
    """Everything on the screen, as text."""
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_drop_is_on_the_screen(drop: Path, size: tuple[int, int]) -> None:
    async def look(app: MonitorApp, pilot: Pilot[Any]) -> None:
        text = shown(app)
        for word in (MISSION, "LANDED", DEAD_CAMERA, "CAM_DOWN", "altitude", "frames", "missing",
                     "ended", "camera MIC at"):  # fmt: skip
            assert word in text, word
        assert max(len(line) for line in text.splitlines()) == size[0]

    watched(session_of(drop), size, look)


@pytest.mark.parametrize("size", SIZES)
def test_no_panel_lies_outside_the_screen(drop: Path, size: tuple[int, int]) -> None:
    async def look(app: MonitorApp, pilot: Pilot[Any]) -> None:
        for panel in app.screen.query(Panel):
            if panel.display and panel.size.width:
                assert panel.region.bottom <= size[1]
                assert panel.region.right <= size[0]

    watched(session_of(drop), size, look)


def test_events_can_be_scrolled_back_and_filled_into_the_screen(drop: Path) -> None:
    async def look(app: MonitorApp, pilot: Pilot[Any]) -> None:
        log = app.screen.query_one("#events", RichLog)
        assert len(log.lines) >= app.model.events_seen > log.size.height
        await pilot.press("home")
        await pilot.pause(0.3)
        assert log.scroll_y == 0
        app.refresh_now()
        await pilot.pause()
        assert log.scroll_y == 0, "who has scrolled back stays there"
        await pilot.press("e")
        await pilot.pause()
        assert log.region.height > 15

    watched(session_of(drop), (80, 24), look)


def test_an_alarm_is_counted_until_it_is_acknowledged(drop: Path) -> None:
    session = session_of(drop)

    async def look(app: MonitorApp, pilot: Pilot[Any]) -> None:
        assert session.alarms, "the dead camera raises one"
        count = sum(app.view.unseen.values())
        assert count == len(session.alarms)
        await pilot.press("a")
        await pilot.pause()
        assert app.screen.query_one(DataTable).row_count == count
        await pilot.press("enter")
        await pilot.pause()
        assert sum(k.acknowledged_by == "monitor" for k in session.alarms) == 1
        await pilot.press("A", "escape")
        await pilot.pause()
        app.refresh_now()
        assert not app.view.unseen

    watched(session, (100, 30), look)


def test_a_source_that_is_not_there_is_named_and_waited_for() -> None:
    session = Session(Source("tcp:127.0.0.1:1"))
    app = MonitorApp(session, session.subscribe())
    session.start()

    async def run() -> None:
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause(0.5)
            assert "waiting" in shown(app)
            assert "nothing answers at" in shown(app)
            await pilot.press("q")

    asyncio.run(run())
    session.stop()


@pytest.mark.parametrize(
    ("keys", "interrupted"), [("q", False), ("ctrl+c", True), ("a ctrl+c", True)]
)
def test_ctrl_c_ends_it_from_every_screen_and_is_told_from_q(
    tmp_path: Path, keys: str, interrupted: bool
) -> None:
    (tmp_path / "nothing").touch()
    session = session_of(tmp_path / "nothing")
    app = MonitorApp(session, session.subscribe())

    async def run() -> None:
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press(*keys.split())
            await pilot.pause()
            assert not app.is_running or app._exit

    asyncio.run(run())
    session.stop()
    assert app.interrupted == interrupted


def test_what_a_screen_did_not_take_for_long_it_takes_at_once(drop: Path) -> None:
    """A screen that stands still for the whole flight shows all of it when it goes on."""

    async def look(app: MonitorApp, pilot: Pilot[Any]) -> None:
        report = app.model.report
        assert report is not None
        evr = report.packets["EVR"]
        assert evr.missing == 0
        assert app.model.events_seen == evr.received

    watched(session_of(drop), (80, 24), look)
