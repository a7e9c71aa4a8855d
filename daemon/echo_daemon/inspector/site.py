"""The inspector's pages as an ASGI application: every request passes one gate.

Left out: sockets (`serving`), what pages hold (`reading`) and do (`deeds`).

Rules
 - What is not refused by `guard` is a file that is the same for everybody, a link, or belongs to
   a session; anything else is told how to get a link, and nothing more.
 - The cookie is for the pages' folder alone, whose name is random: browsers send cookies to
   every port of a host, and another user may listen at one.
 - What changes something is a POST that ends in a redirect, with its answer as a notice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from echo_core.errors import EchoError, InputError
from echo_daemon.inspector import forms, rendering
from echo_daemon.inspector.deeds import DEEDS
from echo_daemon.inspector.door import SESSION_MS, Door, Session
from echo_daemon.inspector.guard import Refusal, refusal
from echo_daemon.inspector.reading import Visit, read
from echo_daemon.inspector.services import Services

_OPEN: Final = "/open/"
_LEAVE: Final = "/leave"
_COOKIE: Final = "echo-inspector"


class Site:
    """Everything behind one port."""

    def __init__(
        self,
        services: Services,
        door: Door,
        port: int,
        place: str,
        failed: Callable[[Exception], None],
    ) -> None:
        """`place`: the folder of all pages. `failed` hears of bugs."""
        self._services = services
        self._door = door
        self._port = port
        self._place = place
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; websockets are not spoken."""
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(Request(scope, receive))
        except Exception as error:  # noqa: BLE001 - the edge: a bug must not take the port down
            self._failed(error)
            answer = await self._shut_out(500, "Something went wrong in Echo: see `echoctl logs`.")
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        refused = refusal(request.method, _headers(request), self._port)
        if refused is not None:
            again = self._again(request) if refused is Refusal.SITE else ""
            return await self._shut_out(refused.status, refused.sentence, again)
        path = request.scope["path"]
        file = rendering.static(path)
        if file is not None:
            return file
        if path.startswith(_OPEN):
            return await self._enter(path.removeprefix(_OPEN))
        session = self._door.session(request.cookies.get(_COOKIE, ""))
        if session is None or not path.startswith(f"{self._place}/"):
            return await self._shut_out(403, "This page needs a new link.")
        inside = path.removeprefix(self._place)
        if request.method == "POST":
            return await self._do(inside, request, session)
        return await self._show(inside, request, session)

    async def _enter(self, token: str) -> Response:
        entered = self._door.enter(token)
        if entered is None:
            return await self._shut_out(403, "This link was used, or is too old.")
        cookie, _ = entered
        answer = RedirectResponse(f"{self._place}/", 303)
        answer.set_cookie(
            _COOKIE,
            cookie,
            max_age=SESSION_MS // 1000,
            path=f"{self._place}/",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _show(self, path: str, request: Request, session: Session) -> Response:
        visit = Visit(self._services, session, self._place, path, dict(request.query_params))
        try:
            return await read(visit)
        except EchoError as error:
            status = 404 if isinstance(error, InputError) else 503
            return await rendering.page("sorry.html", status, visit=visit, sentence=str(error))

    async def _do(self, path: str, request: Request, session: Session) -> Response:
        try:
            fields = await forms.read(request, session)
        except InputError as error:
            return await self._shut_out(403, str(error))
        if path == _LEAVE:
            self._door.leave(session)
            return await self._shut_out(200, "The inspector is closed.")
        deed = DEEDS.get(path)
        if deed is None:
            return await self._show("", request, session)
        try:
            session.tell("done", await deed.do(self._services, fields))
        except EchoError as error:
            session.tell("failed", str(error))
        return RedirectResponse(f"{self._place}{deed.back}", 303)

    def _again(self, request: Request) -> str:
        """Where a person meant to go, if it is one of our addresses."""
        path: str = request.scope["path"]
        ours = request.method == "GET" and path.startswith((_OPEN, f"{self._place}/"))
        return path if ours else ""

    async def _shut_out(self, status: int, sentence: str, again: str = "") -> Response:
        return await rendering.page("shut.html", status, sentence=sentence, again=again)


def _headers(request: Request) -> dict[str, str]:
    """By name; what came twice is joined, and then fits no rule."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
