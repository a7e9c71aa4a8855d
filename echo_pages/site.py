"""The pages of a program as an ASGI application: every request passes one gate.

Left out: sockets (`serving`), what pages hold and do (`Pages`).

Rules
 - What is not refused by `guard` is a file that is the same for everybody, a link, or belongs to
   a session; anything else is told how to get a link, and nothing more.
 - The cookie is for the pages' folder alone, whose name is random: browsers send cookies to
   every port of a host, and another user may listen at one.
 - What changes something is a POST, with the word of its session.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from echo_core.errors import EchoError, InputError
from echo_pages import forms, rendering
from echo_pages.door import SESSION_MS, Door
from echo_pages.guard import POLICY, Refusal, refusal
from echo_pages.visiting import Frame, Visit

_OPEN: Final = "/open/"
_LEAVE: Final = "/leave"


class Pages(Protocol):
    """What a program shows and does."""

    @property
    def frame(self) -> Frame:
        """What is the same on all of them."""
        ...

    @property
    def cookie(self) -> str:
        """What the session's cookie is called."""
        ...

    @property
    def templates(self) -> rendering.Templates:
        """How they look."""
        ...

    async def show(self, visit: Visit) -> Response:
        """A page; raises EchoError where there is none, or it cannot be shown."""
        ...

    async def do(self, visit: Visit, fields: Mapping[str, str]) -> Response:
        """What a form asks for; raises EchoError where nothing is to be done at this address."""
        ...


class Site:
    """Everything behind one port."""

    def __init__(
        self,
        pages: Pages,
        door: Door,
        port: int,
        place: str,
        failed: Callable[[Exception], None],
    ) -> None:
        """`place`: the folder of all pages. `failed` hears of bugs."""
        self._pages = pages
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
            sentence = f"Something went wrong in Echo: see {self._pages.frame.logs}."
            answer = await self._shut_out(500, sentence)
        answer.headers.setdefault("content-security-policy", POLICY)
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
        session = self._door.session(request.cookies.get(self._pages.cookie, ""))
        if session is None or not path.startswith(f"{self._place}/"):
            return await self._shut_out(403, "This page needs a new link.")
        inside = path.removeprefix(self._place)
        visit = Visit(self._pages.frame, session, self._place, inside, dict(request.query_params))
        if request.method == "POST":
            return await self._do(visit, request)
        return await self._shown(visit, self._pages.show(visit))

    async def _enter(self, token: str) -> Response:
        entered = self._door.enter(token)
        if entered is None:
            return await self._shut_out(403, "This link was used, or is too old.")
        cookie, _ = entered
        answer = RedirectResponse(f"{self._place}/", 303)
        answer.set_cookie(
            self._pages.cookie,
            cookie,
            max_age=SESSION_MS // 1000,
            path=f"{self._place}/",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _do(self, visit: Visit, request: Request) -> Response:
        try:
            fields = await forms.read(request, visit.session)
        except InputError as error:
            return await self._shut_out(403, str(error))
        if visit.path == _LEAVE:
            self._door.leave(visit.session)
            return await self._shut_out(200, f"{self._pages.frame.name.capitalize()} is closed.")
        return await self._shown(visit, self._pages.do(visit, fields))

    async def _shown(self, visit: Visit, showing: Awaitable[Response]) -> Response:
        try:
            return await showing
        except EchoError as error:
            status = 404 if isinstance(error, InputError) else 503
            return await self._pages.templates.page(
                "sorry.html", status, visit=visit, sentence=str(error)
            )

    def _again(self, request: Request) -> str:
        """Where a person meant to go, if it is one of our addresses."""
        path: str = request.scope["path"]
        ours = request.method == "GET" and path.startswith((_OPEN, f"{self._place}/"))
        return path if ours else ""

    async def _shut_out(self, status: int, sentence: str, again: str = "") -> Response:
        frame = self._pages.frame
        return await self._pages.templates.page(
            "shut.html", status, frame=frame, sentence=sentence, again=again
        )


def _headers(request: Request) -> dict[str, str]:
    """By name; what came twice is joined, and then fits no rule."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
