"""What does the console answer to a browser? Objects, history, live rows, and the pages themselves.

GET /api/objects                     the tree; 503 with the reason while it is not known
GET /api/history/PACKET?...          rows between two times, few enough to be drawn
GET /api/states                      each state that was entered, and when
WS  /api/live                        rows as they come, and how the link is
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from fsw.link.layout import VC_REAL_TIME
from gse.console import series, tree
from gse.console.access import Access
from gse.console.store import Store
from gse.dictionary import Dictionary, Packet
from gse.live.session import Session

HERE = Path(__file__).parent
STATIC = HERE / "static"
OPENMCT = HERE / "node_modules" / "openmct" / "dist"

_LOOK_S = 0.1  # for new rows
_STATUS_S = 1.0
_FORGET_S = 5.0
_MOST_ROWS = 2000  # of a message: what a browser takes in one go
_WINDOW = 4  # messages on their way that the browser has not taken yet


class Console:
    """The application. session: None for an archive that nobody here writes to."""

    def __init__(self, store: Store, session: Session | None, token: str | None = None) -> None:
        self._store = store
        self._session = session
        self._subscription = session.subscribe() if session else None
        self._forgot = time.monotonic()
        self._wrong = ""  # what has gone wrong last with rows that came
        self.app = Starlette(
            routes=self._routes(),
            middleware=[Middleware(Access, token=token)],
            lifespan=self._lifespan,
        )

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/api/objects", self._objects),
            Route("/api/history/{packet}", self._history),
            Route("/api/states", self._states),
            WebSocketRoute("/api/live", self._live),
        ]
        if OPENMCT.is_dir():
            routes.append(Mount("/openmct", StaticFiles(directory=OPENMCT)))
        return [*routes, Mount("/", StaticFiles(directory=STATIC, html=True))]

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        taking = asyncio.create_task(self._take())
        yield
        taking.cancel()

    async def _take(self) -> None:
        """What the session has, into the store."""
        while True:
            await run_in_threadpool(self._take_now)
            await asyncio.sleep(_LOOK_S)

    def _take_now(self) -> None:
        for decoded in self._subscription.drain() if self._subscription else ():
            with self._going_on():
                self._store.add(decoded)
        if time.monotonic() - self._forgot > _FORGET_S:
            self._forgot = time.monotonic()
            with self._going_on():
                self._store.forget_archived()

    @contextlib.contextmanager
    def _going_on(self) -> Iterator[None]:
        """What fails with one batch is told, and keeps no other from being shown."""
        try:
            yield
        except Exception as error:
            self._wrong = f"not all rows are shown: {type(error).__name__}: {error}"

    async def _objects(self, request: Request) -> Response:
        dictionary = self._store.dictionary
        if dictionary is None:
            return JSONResponse({"waiting": self._why_waiting()}, 503)
        extents = {
            domain: await run_in_threadpool(self._store.extent, domain) for domain in ("ei", "utc")
        }
        answer = {
            "mission": dictionary.mission,
            "live": self._session is not None,
            "extents": extents,
            "objects": tree.objects(dictionary),
        }
        return JSONResponse(answer)

    def _why_waiting(self) -> str:
        status = self._session.status if self._session else None
        if status is None:
            return "the archive is empty"
        return (
            status.refused
            or self._wrong
            or status.source.why
            or "nothing that names its mission has come yet"
        )

    async def _history(self, request: Request) -> Response:
        dictionary = self._store.dictionary
        packet = request.path_params["packet"]
        if dictionary is None or packet not in {p.name for p in dictionary.packets}:
            return JSONResponse({"error": f"no packet named {packet}"}, 404)
        query = request.query_params
        names = list(dict.fromkeys(n for n in query.get("columns", "").split(",") if n))
        unknown = set(names) - set(tree.columns(dictionary.packet(packet)))
        domain = query.get("domain", "ei")
        try:
            start, end = _time(query.get("start"), -np.inf), _time(query.get("end"), np.inf)
            size = int(query.get("size", "0"))
        except ValueError:
            return JSONResponse({"error": "start, end and size are numbers"}, 400)
        if unknown or domain not in ("ei", "utc"):
            wrong = ", ".join(sorted(unknown)) or domain
            return JSONResponse({"error": f"{packet} has nothing named {wrong}"}, 404)
        asked = _Asked(packet, names, domain, start, end, size, query.get("strategy", ""))
        return JSONResponse(await run_in_threadpool(self._rows, asked, dictionary))

    def _rows(self, asked: _Asked, dictionary: Dictionary) -> series.Columns:
        needed = series.needed(asked.packet, asked.names, dictionary)
        table = self._store.history(asked.packet, needed, asked.domain, asked.start, asked.end)
        if asked.strategy == "latest" and asked.size:
            if asked.packet != tree.EVENT_PACKET:  # played back, it is not what is so now
                table = table.filter(pc.equal(table["virtual_channel"], VC_REAL_TIME))
            table = table.slice(max(len(table) - asked.size, 0))
        found = series.columns(table, asked.packet, asked.names, dictionary)
        is_curve = len(asked.names) == 1 and asked.packet != tree.EVENT_PACKET
        if asked.strategy == "minmax" and asked.size and is_curve:
            rows = series.fewer(
                np.array(found[asked.domain], float),
                np.array(found[asked.names[0]], float),
                asked.size,
            )
            return {name: [values[i] for i in rows.tolist()] for name, values in found.items()}
        return found

    async def _states(self, request: Request) -> Response:
        dictionary = self._store.dictionary
        if dictionary is None:
            return JSONResponse([])
        return JSONResponse(await run_in_threadpool(self._entered, dictionary))

    def _entered(self, dictionary: Dictionary) -> list[dict[str, Any]]:
        """Where EDL_STATE changes, in the order of time."""
        names = ["time_from_ei_s", "EDL_STATE", "EDL_TIME_IN_STATE", "EDL_CAUSE"]
        table = self._store.history("EDL", names, "ei", -np.inf, np.inf)
        rows = zip(*(table[n].to_pylist() for n in names), strict=True) if len(table) else ()
        entered, last = [], None
        for at_s, state, in_state_s, cause in sorted(rows):
            if state != last:
                last = state
                ei = round(1000 * (at_s - in_state_s))
                entered.append({"state": state, "ei": ei, "cause": cause})
        return entered

    async def _live(self, socket: WebSocket) -> None:
        await socket.accept()
        reading: asyncio.Task[None] | None = None
        try:
            reader = _Reader(self._store, await _said(socket))
            reading = asyncio.create_task(reader.listen(socket))
            await self._serve(socket, reader)
        except WebSocketDisconnect:
            pass  # gone
        except ValueError:
            await socket.close(1008, "not what a console says")
        finally:
            if reading:
                reading.cancel()

    async def _serve(self, socket: WebSocket, reader: _Reader) -> None:
        # From here on every row comes; history that is asked for now reaches at least to here.
        await socket.send_json({"run": self._store.run, "cursor": reader.cursor, "packets": {}})
        said = -_STATUS_S
        while not reader.gone.is_set():
            if time.monotonic() - said >= _STATUS_S:
                said = time.monotonic()
                await socket.send_json({"status": self._status()})
            text = await run_in_threadpool(reader.next_message) if reader.may_send else None
            if text:
                await socket.send_text(text)
            else:
                await asyncio.sleep(_LOOK_S)
        if reader.is_wrong:
            raise ValueError("no count of messages")

    def _status(self) -> dict[str, Any]:
        if self._session is None:
            return {"link": "archive", "why": "", "counters": {}}
        status = self._session.status
        counters = dict(status.report.counters()) if status.report else {}
        last = status.last_octet_utc
        return {
            "link": status.source.link.value,
            "why": status.refused or status.archive_error or self._wrong or status.source.why,
            "source": self._session.status.source.link.value,
            "age_s": None if last is None else time.time() - last,
            "connections": status.connections,
            "octets": status.octets,
            "archived": status.acknowledged,
            "counters": counters,
            "levels": dict(self._session.levels),
            "alarms": sum(a.acknowledged_utc is None for a in self._session.alarms),
        }


def _time(given: str | None, otherwise: float) -> float:
    """Milliseconds. Raises ValueError for what is none."""
    if given is None:
        return otherwise
    if not math.isfinite(float(given)):
        raise ValueError("no time")
    return float(given)


class _Asked:
    """A question for history."""

    def __init__(
        self, packet: str, names: Sequence[str], domain: str, start: float, end: float, size: int,
        strategy: str,
    ) -> None:  # fmt: skip
        self.packet, self.names, self.domain = packet, names, domain
        self.start, self.end, self.size, self.strategy = start, end, size, strategy


class _Reader:
    """One browser: which rows it has been sent, and how many messages it has not taken yet.

    It says {"run": R, "cursor": {PACKET: rows}} first, or {} to begin with what comes next; then
    {"took": n} for each message. Rows that it has no room for wait in the archive.
    """

    def __init__(self, store: Store, asked: object) -> None:
        """asked: what it said first. Raises ValueError when that is none of the above."""
        self._store = store
        self.cursor = _cursor(asked, store)
        self._sent = self._took = 0
        self.gone = asyncio.Event()
        self.is_wrong = False

    @property
    def may_send(self) -> bool:
        return self._sent - self._took < _WINDOW

    async def listen(self, socket: WebSocket) -> None:
        """What the browser says, until it is gone, or says none of the above."""
        try:
            while True:
                self._took = int((await _said(socket))["took"])
        except (WebSocketDisconnect, RuntimeError):
            pass  # gone
        except (ValueError, KeyError, TypeError, OverflowError):
            self.is_wrong = True
        finally:
            self.gone.set()

    def next_message(self) -> str | None:
        """Rows that it has not been sent yet; None when there are none."""
        dictionary = self._store.dictionary
        if dictionary is None:
            return None
        packets = {}
        for name, table in self._store.since(self.cursor, _MOST_ROWS).items():
            packets[name] = _message(dictionary.packet(name), table, dictionary)
            self.cursor[name] = self.cursor.get(name, 0) + len(table)
        if not packets:
            return None
        self._sent += 1
        message = {"run": self._store.run, "number": self._sent, "cursor": self.cursor,
                   "packets": packets}  # fmt: skip
        return json.dumps(message, separators=(",", ":"))


async def _said(socket: WebSocket) -> Any:
    """By the browser. Raises ValueError when it is no JSON in text, or none that ends."""
    try:
        return await socket.receive_json()
    except (KeyError, RecursionError) as error:
        raise ValueError("no JSON") from error


def _cursor(asked: object, store: Store) -> dict[str, int]:
    """Rows of each packet that a browser has. Raises ValueError."""
    if not isinstance(asked, dict):
        raise ValueError("no object")
    if asked.get("run") != store.run:
        return store.counts()  # a new page, or one of an earlier run
    cursor = asked.get("cursor")
    if not isinstance(cursor, dict) or not all(isinstance(n, int) for n in cursor.values()):
        raise ValueError("no cursor")
    return {packet: max(n, 0) for packet, n in cursor.items()}


def _message(packet: Packet, table: pa.Table, dictionary: Dictionary) -> series.Columns:
    return series.columns(table, packet.name, tree.columns(packet), dictionary)
