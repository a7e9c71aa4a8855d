"""The routes of intake, and what an answer looks like.

Left out: what is taken and why not (`echo_trainer.intake`), sockets (`server`).

Rules
 - What is refused early is refused before its body is read; the connection is then closed.
 - A failure that nobody foresaw is answered with 500 and logged as the name of its class.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from echo_core.clock import Clock
from echo_core.errors import TrainerError
from echo_core.sharing.bundle import protocol
from echo_core.sharing.bundle.envelope import ENVELOPE_BYTES_MAX
from echo_core.sharing.bundle.protocol import Refusal
from echo_runtime.logs import Label, Log
from echo_trainer.api import documents, gauges
from echo_trainer.api.bodies import Body, Patience, read_body
from echo_trainer.api.documents import Answers, Length, Name, Offset, Token
from echo_trainer.api.gauges import Gauges
from echo_trainer.api.minding import Minder
from echo_trainer.api.peers import Peers
from echo_trainer.intake.desk import IntakeDesk
from echo_trainer.intake.judging import WISH_BYTES_MAX, Refused
from echo_trainer.intake.rates import AddressRates
from echo_trainer.settings.intake import IntakeSettings

_FAILED_AGAIN_S = 60


@dataclass(frozen=True, slots=True)
class Around:
    """What the routes work with."""

    desk: IntakeDesk
    settings: IntakeSettings
    clock: Clock
    log: Log
    minder: Minder
    gauges: Gauges


class Routes:
    """The routes; one object for each app."""

    def __init__(self, around: Around) -> None:
        settings = around.settings
        self._desk = around.desk
        self._gauges = around.gauges
        self._log = around.log
        self._minder = around.minder
        self._peers = Peers.of(settings.trusted_proxies, settings.metrics_from)
        self._rates = AddressRates(
            settings.requests_a_minute, settings.uploads_per_address, around.clock.steady_ms
        )
        self._patience = Patience(settings.silence_s, settings.body_s)
        self._uploads_max = settings.uploads_max
        self._uploads = 0

    # --- the protocol -------------------------------------------------------------------------

    async def keys(self, request: Request) -> Response:
        """The trainer's keys, signed by its root key."""
        self._rates.ask(self._peers.address_of(request))
        listed = await self._desk.keys()
        return Response(listed.signed, media_type=protocol.RECORD_TYPE)

    async def arrived(self, request: Request, name: Name, token: Token = "") -> Response:
        """How much of an envelope is here."""
        await self._enter(request, token)
        size = await self._desk.arrived(name)
        return Response(headers={protocol.OFFSET: str(size)})

    async def upload(
        self, request: Request, name: Name, offset: Offset, length: Length, token: Token = ""
    ) -> Response:
        """The rest of an envelope, from an offset on."""
        address = await self._enter(request, token)
        if length > ENVELOPE_BYTES_MAX or offset > length:
            raise Refused(Refusal.TOO_LARGE if offset <= length else Refusal.MALFORMED)
        if self._uploads >= self._uploads_max:
            raise Refused(Refusal.BUSY, retry_after_s=30)
        self._uploads += 1
        self._gauges.under_way.set(self._uploads)
        try:
            with self._rates.upload(address):
                return await self._take(request, name, offset, length)
        finally:
            self._uploads -= 1
            self._gauges.under_way.set(self._uploads)

    async def _take(self, request: Request, name: str, offset: int, length: int) -> Response:
        body = await read_body(request, length - offset, self._patience)
        here = self._desk.parts.size(name) or 0
        if offset != here:
            receipt = await self._desk.receipt(name) if not here else None
            if receipt is None:
                raise Refused(Refusal.OFFSET)
            self._gauges.uploads.labels(gauges.AGAIN).inc()
            return Response(receipt, 200, media_type="application/json")
        before = await asyncio.to_thread(self._desk.parts.read, name) if here else b""
        if body.cut is not None or len(before) + len(body.content) < length:
            return await self._part(name, before, body)
        try:
            taken = await self._desk.take(name, before + body.content)
        finally:
            self._desk.parts.drop(name)
        self._gauges.uploads.labels(gauges.AGAIN if taken.again else gauges.STORED).inc()
        if not taken.again:
            self._gauges.bytes.inc(length)
        return Response(taken.receipt, 200 if taken.again else 201, media_type="application/json")

    async def _part(self, name: str, before: bytes, body: Body) -> Response:
        await asyncio.to_thread(self._desk.parts.keep, name, before + body.content)
        if body.cut is not None:
            raise Refused(body.cut)
        self._gauges.uploads.labels(gauges.PART).inc()
        here = self._desk.parts.size(name) or 0
        return Response(status_code=202, headers={protocol.OFFSET: str(here)})

    async def forget(self, request: Request, name: Name) -> Response:
        """A signed wish: everything of its pseudonym is deleted."""
        self._rates.ask(self._peers.address_of(request))
        body = await read_body(request, WISH_BYTES_MAX, self._patience)
        if body.cut is not None:
            raise Refused(body.cut)
        try:
            receipt = await self._desk.forget(name, body.content)
        except Refused as refused:
            self._gauges.wishes.labels(refused.refusal).inc()
            raise
        self._gauges.wishes.labels("deleted").inc()
        return Response(receipt, media_type="application/json")

    async def _enter(self, request: Request, token: str) -> str:
        """Let somebody in; their address."""
        address = self._peers.address_of(request)
        self._rates.ask(address)
        if not await self._desk.admits(protocol.token_of(token)):
            raise Refused(Refusal.NO_TOKEN)
        return address

    # --- for whoever runs it --------------------------------------------------------------------

    async def live(self) -> Response:
        """The process answers."""
        return Response("alive\n", media_type="text/plain")

    async def ready(self) -> Response:
        """Database, storage and keys can be used."""
        problems = await self._minder.problems()
        said = "".join(f"{each}\n" for each in problems) or "ready\n"
        return Response(said, 503 if problems else 200, media_type="text/plain")

    async def metrics(self, request: Request) -> Response:
        """Counters for Prometheus, for the networks that may read them."""
        if not self._peers.may_read_metrics(request):
            raise Refused(Refusal.UNKNOWN)
        self._gauges.waiting.set(self._desk.writer.waiting)
        return Response(self._gauges.page(), media_type=gauges.CONTENT_TYPE)

    # --- answers ----------------------------------------------------------------------------------

    async def crashed(self, _request: Request, error: Exception) -> Response:
        """A bug: logged by the name of its class, because a message may quote anything."""
        self._log.error("intake.crashed", error=Label.of(error))
        return JSONResponse({"refused": "failed", "why": "The intake failed."}, 500)

    async def refused(self, _request: Request, error: Exception) -> Response:
        """A refusal as an answer."""
        if not isinstance(error, Refused):
            raise TypeError("only refusals come here")
        return self._refuse(error.refusal, error.retry_after_s)

    async def unfit(self, _request: Request, _error: Exception) -> Response:
        """A request that is none of ours; what was wrong with it is not repeated."""
        return self._refuse(Refusal.MALFORMED)

    async def unknown(self, _request: Request, error: Exception) -> Response:
        """A path or method that is not there."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        headers = error.headers if isinstance(error, HTTPException) else None
        return self._refuse(Refusal.UNKNOWN, status=status, headers=dict(headers or {}))

    async def failed(self, _request: Request, error: Exception) -> Response:
        """Database, storage or keys do not work: come again."""
        self._log.error("intake.failed", error=Label.of(error.__cause__ or error))
        self._gauges.uploads.labels(gauges.FAILED).inc()
        return self._refuse(Refusal.BUSY, _FAILED_AGAIN_S)

    def _refuse(
        self,
        refusal: Refusal,
        retry_after_s: int = 0,
        status: int = 0,
        headers: dict[str, str] | None = None,
    ) -> Response:
        self._gauges.refusals.labels(refusal).inc()
        said = {"refused": refusal.value, "why": refusal.sentence}
        sent = dict(headers or {})
        if retry_after_s:
            sent[protocol.RETRY_AFTER] = str(retry_after_s)
        if refusal is Refusal.NO_TOKEN:
            sent["WWW-Authenticate"] = "Bearer"
        return JSONResponse(said, status or refusal.status, headers=sent)


class Measured:
    """Every request: how long it took, by the name of its route."""

    def __init__(self, app: ASGIApp, around: Around) -> None:
        self._app = app
        self._around = around

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand it on."""
        started_ms = self._around.clock.steady_ms()
        try:
            await self._app(scope, receive, send)
        finally:
            name = getattr(scope.get("route"), "name", "none")
            took_s = (self._around.clock.steady_ms() - started_ms) / 1000
            if scope["type"] == "http":
                self._around.gauges.seconds.labels(name).observe(took_s)


def intake_app(around: Around) -> FastAPI:
    """The service as an ASGI app; its lifespan minds what is to be minded."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with around.minder.minding():
            yield

    routes = Routes(around)
    app = FastAPI(
        title="Echo's intake",
        summary="Takes in sealed bundles; opens none.",
        version=protocol.VERSION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers={
            Refused: routes.refused,
            RequestValidationError: routes.unfit,
            HTTPException: routes.unknown,
            TrainerError: routes.failed,
            Exception: routes.crashed,
        },
    )
    app.add_middleware(Measured, around=around)
    app.include_router(_protocol_routes(routes), prefix=f"{around.settings.prefix}/v1")
    for path, route in (("/live", routes.live), ("/ready", routes.ready)):
        failing: Answers = {503: {"description": "It cannot take anything in."}}
        app.add_api_route(f"/health{path}", route, responses=failing, response_class=Response)
    app.add_api_route("/metrics", routes.metrics, include_in_schema=False)
    return app


def _protocol_routes(routes: Routes) -> APIRouter:
    router = APIRouter()
    bundle = f"/{protocol.BUNDLES}/{{name}}"
    content: Answers = {200: {"content": {protocol.RECORD_TYPE: {}}}}
    router.add_api_route(
        f"/{protocol.KEYS}",
        routes.keys,
        response_class=Response,
        responses=content | documents.answers(),
    )
    router.add_api_route(
        bundle,
        routes.arrived,
        methods=["HEAD"],
        response_class=Response,
        responses=documents.answers(Refusal.NO_TOKEN, Refusal.UNKNOWN),
    )
    refused = documents.answers(
        *(set(Refusal) - {Refusal.NOT_YET, Refusal.UNKNOWN}),
        receipt="It was accepted before: a receipt.",
    )
    router.add_api_route(
        bundle,
        routes.upload,
        methods=["PATCH"],
        response_class=Response,
        openapi_extra=documents.body_of(protocol.PART_TYPE),
        responses=refused
        | {201: refused[200] | {"description": "Accepted: a receipt."}}
        | {202: {"description": "A part of it is here; Upload-Offset says how much."}},
    )
    router.add_api_route(
        f"/{protocol.DELETIONS}/{{name}}",
        routes.forget,
        methods=["PUT"],
        response_class=Response,
        openapi_extra=documents.body_of(protocol.RECORD_TYPE),
        responses=documents.answers(
            Refusal.WRONG_DIGEST,
            Refusal.TOO_LARGE,
            Refusal.TOO_SLOW,
            Refusal.NOT_YET,
            receipt="Everything of theirs is deleted: a receipt.",
        ),
    )
    return router
