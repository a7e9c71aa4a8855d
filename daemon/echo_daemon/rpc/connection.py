"""One connection of the daemon: which message goes where.

Left out: the wire itself (`echo_runtime.rpc`), what the messages do (`echo_daemon.hub`, `front`).

Rules
 - Hello comes first; until then nothing else is answered.
 - Messages that change documents are handled at once and in order; requests may take time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from echo_core.errors import DaemonError
from echo_core.records import wire
from echo_daemon.consenting import Consenting
from echo_daemon.distilling.desk import Desk
from echo_daemon.front import Front
from echo_daemon.hub import Hub
from echo_daemon.inspecting.api import Inspecting
from echo_daemon.inspecting.progress import ProgressQuery
from echo_daemon.inspecting.report import report
from echo_daemon.outgoing import Outgoing
from echo_daemon.releasing import Releasing
from echo_runtime.endpoint import check_hello
from echo_runtime.rpc import Peer


@dataclass(frozen=True, slots=True)
class Desks:
    """What people ask for beside the hub."""

    judging: Desk
    consenting: Consenting
    outgoing: Outgoing
    releasing: Releasing
    erase: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]  # around the hub's own
    pages: Inspecting
    dashboard: Callable[[], Awaitable[wire.DashboardLink]]


class Connection:
    """The daemon's side of one peer."""

    def __init__(self, peer: Peer, hub: Hub, desks: Desks, token: str) -> None:
        """`token`: what Hello must hold where there are no Unix sockets, else empty."""
        self._peer = peer
        self._token = token
        self._hub = hub
        self._desks = desks
        self._front: Front | None = None
        peer.on(wire.HELLO, self._hello)
        self._on_documents()
        self._on_administration()
        self._on_consent()
        self._on_outbox()
        self._on_releases()
        self._on_records()
        self._on_judging()
        self._on_progress()

    def closed(self) -> None:
        """The peer is gone."""
        if self._front is not None:
            self._hub.leave(self._front)
            self._front = None

    def status_changed(self, status: wire.Status) -> None:
        """Tell the front what to show."""
        self._peer.notify(wire.STATUS_CHANGED, status)

    def resync(self, doc: str) -> None:
        """Ask for a document to be opened again."""
        self._peer.notify(wire.DOCUMENT_RESYNC, wire.DocumentRef(doc))

    def _hello(self, hello: wire.Hello) -> wire.Welcome:
        if self._front is not None:
            raise DaemonError("Hello comes once.")
        check_hello(hello, self._token)
        self._front, welcome = self._hub.welcome(hello, self)
        return welcome

    def _here(self) -> Front:
        if self._front is None:
            raise DaemonError("Hello comes first.")
        return self._front

    def _on_documents(self) -> None:
        on = self._peer.on
        on(wire.DOCUMENT_OPEN, lambda message: self._here().open(message))
        on(wire.DOCUMENT_EDIT, lambda message: self._here().edit(message))
        on(wire.DOCUMENT_CURSOR, lambda message: self._here().cursor(message))
        on(wire.DOCUMENT_FOCUS, lambda message: self._here().focus(message))
        on(wire.DOCUMENT_SAVE, lambda message: self._here().save(message))
        on(wire.DOCUMENT_CLOSE, lambda message: self._here().close_document(message))
        on(wire.DOCUMENT_RENAME, lambda message: self._here().rename(message))
        on(wire.OUTCOME, lambda message: self._here().outcome(message))
        on(wire.SETTINGS, lambda message: self._here().settings(message))

        async def complete(ask: wire.CompletionAsk) -> wire.CompletionAnswer:
            return await self._here().complete(ask)

        on(wire.COMPLETION, complete)

    def _on_administration(self) -> None:
        on, hub = self._peer.on, self._hub

        async def dashboard(_: wire.Nothing) -> wire.DashboardLink:
            return await self._desks.dashboard()

        async def flush(_: wire.Nothing) -> wire.Flushed:
            return await hub.flush()

        async def describe(_: wire.Nothing) -> wire.EngineDescription:
            return await hub.describe_engine()

        async def reload_model(_: wire.Nothing) -> None:
            await hub.reload_model()

        async def choose(choice: wire.ConsentChoice) -> wire.ConsentState:
            return await hub.choose(choice)

        on(wire.COMPLETION_LAST, lambda _: hub.last_completion())
        on(wire.COMPLETION_WHY, lambda _: hub.why())
        on(wire.COMPLETION_SNOOZE, hub.snooze)
        on(wire.DAEMON_STATUS, lambda _: hub.daemon_status())
        on(wire.DAEMON_STOP, lambda _: hub.stop())
        on(wire.DAEMON_FLUSH, flush)
        on(wire.DASHBOARD_OPEN, dashboard)
        on(wire.ENGINE_DESCRIBE, describe)
        on(wire.ENGINE_RELOAD, reload_model)
        on(wire.CONSENT_SET, choose)
        on(wire.CONSENT_GET, lambda _: hub.consent())
        on(wire.CONSENT_WHY, hub.why_recorded)

    def _on_consent(self) -> None:
        on, consenting = self._peer.on, self._desks.consenting

        async def switch(choice: wire.SwitchChoice) -> wire.Consents:
            return await consenting.switch(choice)

        on(wire.CONSENT_SHOW, lambda _: consenting.show())
        on(wire.CONSENT_SWITCH, switch)
        on(wire.CONSENT_HISTORY, lambda _: consenting.history())
        on(wire.FRONT_TELEMETRY, lambda said: consenting.editor_says(self._here().client, said))

    def _on_outbox(self) -> None:
        on, outgoing = self._peer.on, self._desks.outgoing

        async def state(_: wire.Nothing) -> wire.OutboxState:
            return await outgoing.state()

        async def send(_: wire.Nothing) -> wire.OutboxState:
            return await outgoing.send()

        on(wire.OUTBOX_LIST, state)
        on(wire.OUTBOX_PREVIEW, outgoing.preview)
        on(wire.OUTBOX_DROP, outgoing.drop)
        on(wire.OUTBOX_PAUSE, outgoing.pause)
        on(wire.OUTBOX_SEND, send)

    def _on_releases(self) -> None:
        on, releasing = self._peer.on, self._desks.releasing

        async def check(_: wire.Nothing) -> wire.ReleasesState:
            return await releasing.check()

        async def pin(choice: wire.ReleasePin) -> wire.ReleasesState:
            return await releasing.pin(choice)

        async def rollback(_: wire.Nothing) -> wire.ReleasesState:
            return await releasing.rollback()

        on(wire.RELEASES_STATE, lambda _: releasing.state())
        on(wire.RELEASES_CHECK, check)
        on(wire.RELEASES_PIN, pin)
        on(wire.RELEASES_ROLLBACK, rollback)

    def _on_records(self) -> None:
        on, hub = self._peer.on, self._hub

        async def samples(query: wire.SamplesQuery) -> wire.SampleList:
            return await hub.samples(query)

        async def sample(query: wire.SampleQuery) -> wire.SampleDetail:
            return await hub.sample(query)

        async def looks(query: wire.SampleQuery) -> wire.LookList:
            return await hub.looks(query)

        async def metrics(_: wire.Nothing) -> wire.Metrics:
            return await hub.metrics()

        async def trace(query: wire.TraceQuery) -> wire.TraceLines:
            return await hub.trace(query)

        async def import_past(batch: wire.PastFiles) -> wire.PastAnswer:
            return await hub.import_past(batch)

        async def rebuild(_: wire.Nothing) -> wire.RebuildReport:
            return await hub.rebuild(lambda so_far: self._peer.notify(wire.MINE_PROGRESS, so_far))

        async def sizes(_: wire.Nothing) -> wire.DataSize:
            return await hub.sizes()

        async def forget(what: wire.Forget) -> wire.Forgotten:
            return await hub.forget(what)

        async def erase(_: wire.Nothing) -> None:
            await self._desks.erase(hub.erase)

        on(wire.SAMPLES_LIST, samples)
        on(wire.SAMPLES_SHOW, sample)
        on(wire.SAMPLES_LOOKS, looks)
        on(wire.METRICS, metrics)
        on(wire.TRACE_EXPORT, trace)
        on(wire.MINE_REBUILD, rebuild)
        on(wire.DATA_SIZE, sizes)
        on(wire.DATA_FORGET, forget)
        on(wire.DATA_ERASE, erase)
        on(wire.IMPORT_PAST, import_past)

    def _on_judging(self) -> None:
        on, desk = self._peer.on, self._desks.judging

        async def status(_: wire.Nothing) -> wire.DistillStatus:
            return await desk.status()

        async def now(ask: wire.DistillAsk) -> wire.DistillReport:
            return await desk.now(
                ask, lambda so_far: self._peer.notify(wire.DISTILL_PROGRESS, so_far)
            )

        async def explain(query: wire.SampleQuery) -> wire.Explanation:
            return await desk.explain(query)

        on(wire.DISTILL_STATUS, status)
        on(wire.DISTILL_NOW, now)
        on(wire.SAMPLES_EXPLAIN, explain)

    def _on_progress(self) -> None:
        async def progress(ask: wire.ProgressAsk) -> wire.ProgressReport:
            return report(await self._desks.pages.progress(ProgressQuery(ask.days)))

        self._peer.on(wire.PROGRESS, progress)
