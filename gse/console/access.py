"""Who may look? Whoever is on this machine; over a network, whoever has the token.

The token stands in the address that is printed. A browser that shows it once gets a cookie. Pages
of other sites may not ask in its name: the host that is asked for, and the origin of a WebSocket,
must be our own.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "edlcam-console"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_REFUSED = "This console asks for a token: open the address that edlcam console has printed.\n"
_YEAR_S = 365 * 24 * 3600


def new_token() -> str:
    return secrets.token_urlsafe(24)


class Access:
    """Lets through who may look. token: None on loopback, where nobody else comes."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if not self._is_ours(connection.headers):
            await self._refuse(scope, receive, send, 421, "Not a name of this console.\n")
        elif self._token is None or self._is(connection.cookies.get(COOKIE)):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and self._is(connection.query_params.get("token")):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(COOKIE, self._token, _YEAR_S, httponly=True, samesite="strict")
            await answer(scope, receive, send)
        else:
            await self._refuse(scope, receive, send, 403, _REFUSED)

    def _is(self, given: str | None) -> bool:
        assert self._token is not None
        return secrets.compare_digest((given or "").encode(), self._token.encode())

    def _is_ours(self, headers: Headers) -> bool:
        host = headers.get("host", "")
        origin = headers.get("origin")
        try:
            name = urlsplit(f"//{host}").hostname or ""
            if origin is not None and urlsplit(origin).netloc != host:
                return False
        except ValueError:  # no name of anything, such as [::1
            return False
        # A name that a foreign page has made to mean this machine is none of these.
        return self._token is not None or name in _LOOPBACK

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send, code: int, why: str) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": why.strip()})
        else:
            await PlainTextResponse(why, code)(scope, receive, send)
