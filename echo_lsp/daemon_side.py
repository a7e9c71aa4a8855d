"""What the daemon is told and asked, without ever making the editor wait for it.

Left out: finding the daemon (`echo_runtime.connect`), LSP.

Rules
 - Nothing is queued for a daemon that is away: when it is back, all documents are sent again.
 - What a slow daemon has not read yet is bounded. Beyond the bound edits are not sent; when it has
   caught up, the documents they belonged to are sent as a whole.
 - A completion that cannot be had is no proposal; it is never an error for the editor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol, TypeVar

from echo_core import limits
from echo_core.errors import DaemonError, EchoError
from echo_core.records import wire
from echo_core.records.events import OutcomeKind
from echo_core.records.reasons import Reason
from echo_core.text.edits import Edit
from echo_lsp.session import Changed, Document, Session
from echo_runtime.logs import Label, Log
from echo_runtime.rpc import OUTGOING_BYTES_MAX, Peer

R = TypeVar("R")
# The daemon keeps to its own deadline; this is for one that hangs.
ANSWER_MS_MAX = limits.COMPLETION_DEADLINE_MS + 2_000
COMPLETION_MS_MAX = limits.COMPLETION_DEADLINE_MS_MAX + 2_000  # whatever deadline is set there


class Link(Protocol):
    """The part of `echo_runtime.connect.DaemonLink` that is used here."""

    @property
    def peer(self) -> Peer | None:
        """The open connection; None while there is none."""
        ...


class DaemonSide:
    """The daemon as the features see it."""

    def __init__(self, session: Session, log: Log) -> None:
        self._session = session
        self._log = log
        self._behind: set[str] = set()  # documents whose edits were not sent
        self._catching_up: asyncio.Task[None] | None = None
        self.link: Link | None = None

    def opened(self, document: Document) -> None:
        """A document came in, or must be sent again as a whole."""
        if document.text is None:
            return
        self._behind.discard(document.uri)
        self._tell(
            wire.DOCUMENT_OPEN,
            wire.DocumentOpen(
                document.uri, document.language, document.version, document.text.content
            ),
        )

    def changed(self, change: Changed) -> None:
        """A document was edited."""
        uri, text = change.after.uri, change.after.text
        if text is None:
            if change.before.text is not None:
                self.closed(change.after)  # it has outgrown the mirror
        elif not change.continues:
            self.opened(change.after)
        elif self._is_behind():
            self._behind.add(uri)
            self._catch_up()
        elif uri not in self._behind:
            self._tell(
                wire.DOCUMENT_EDIT,
                wire.DocumentEdit(uri, change.after.version, _triples(change.edits), len(text)),
            )

    def saved(self, document: Document) -> None:
        """The editor wrote a document to disk."""
        if document.text is not None:
            self._tell(wire.DOCUMENT_SAVE, wire.DocumentRef(document.uri))

    def closed(self, document: Document) -> None:
        """A document is gone."""
        self._behind.discard(document.uri)
        if document.text is not None or document.uri in self._session.documents:
            self._tell(wire.DOCUMENT_CLOSE, wire.DocumentRef(document.uri))

    def renamed(self, uri: str, to: str) -> None:
        """A file or a folder has another name."""
        self._tell(wire.DOCUMENT_RENAME, wire.DocumentRename(uri, to))

    def focused(self, uri: str) -> None:
        """A document came to the front."""
        self._tell(wire.DOCUMENT_FOCUS, wire.DocumentRef(uri))

    def cursor_moved(self, uri: str, anchor: int, head: int) -> None:
        """The selection moved."""
        if not self._is_behind():
            self._tell(wire.DOCUMENT_CURSOR, wire.DocumentCursor(uri, anchor, head))

    def settings_changed(self) -> None:
        """The user set something in the editor."""
        self._tell(wire.SETTINGS, wire.EditorSettings(self._session.settings))

    def telemetry_changed(self) -> None:
        """The editor told what its own telemetry setting is."""
        if self._session.telemetry is not None:
            self._tell(wire.FRONT_TELEMETRY, wire.EditorTelemetry(self._session.telemetry))

    def outcome(self, proposal: str, kind: OutcomeKind, chars: int) -> None:
        """What the editor did with a proposal."""
        self._tell(wire.OUTCOME, wire.OutcomeReport(proposal, kind, chars))

    async def complete(
        self, document: Document, offset: int, trigger: str
    ) -> wire.CompletionAnswer:
        """What may be shown at `offset`; without a daemon nothing, at once."""
        peer = self._peer()
        if peer is None or document.uri in self._behind:
            return wire.CompletionAnswer([], Reason.DAEMON_AWAY)
        ask = wire.CompletionAsk(document.uri, document.version, offset, trigger)
        try:
            return await peer.request(
                wire.COMPLETION, ask, wire.CompletionAnswer, timeout_ms=COMPLETION_MS_MAX
            )
        except EchoError as error:
            self._log.warning("completion.failed", error=Label.of(error))
            return wire.CompletionAnswer([], Reason.DAEMON_AWAY)

    async def why(self) -> wire.Why:
        """How the newest request ended, as the daemon knows it."""
        nothing = wire.LastCompletion(0, Reason.DAEMON_AWAY, "", 0.0, 0, 0, 0)
        away = wire.Why(Reason.DAEMON_AWAY, Reason.DAEMON_AWAY.sentence, nothing)
        peer = self._peer()
        if peer is None:
            return away
        try:
            return await peer.request(
                wire.COMPLETION_WHY, wire.Nothing(), wire.Why, timeout_ms=ANSWER_MS_MAX
            )
        except EchoError as error:
            self._log.warning("why.failed", error=Label.of(error))
            return away

    async def consents(self) -> wire.Consents:
        """What is switched on.

        Raises:
            EchoError: the daemon is away or refuses.
        """
        return await self._asked(wire.CONSENT_SHOW, wire.Nothing(), wire.Consents)

    async def switch(self, choice: wire.SwitchChoice) -> wire.Consents:
        """Switch something on or off; raises as `consents`."""
        return await self._asked(wire.CONSENT_SWITCH, choice, wire.Consents)

    async def dashboard(self) -> wire.DashboardLink:
        """A link to the inspector's pages; raises as `consents`."""
        return await self._asked(wire.DASHBOARD_OPEN, wire.Nothing(), wire.DashboardLink)

    async def _asked(self, method: str, params: object, result: type[R]) -> R:
        peer = self._peer()
        if peer is None:
            raise DaemonError(Reason.DAEMON_AWAY.sentence)
        return await peer.request(method, params, result, timeout_ms=ANSWER_MS_MAX)

    def resend_all(self) -> None:
        """The daemon is new, or back: it knows nothing of this window."""
        self._behind.clear()
        if self._session.settings:
            self.settings_changed()
        self.telemetry_changed()
        for document in self._session.documents.values():
            self.opened(document)
        if self._session.focused is not None:
            self.focused(self._session.focused)

    def resend(self, message: wire.DocumentRef) -> None:
        """The daemon's mirror of one document differs."""
        document = self._session.documents.get(message.doc)
        if document is not None:
            self._log.info("document.resync")
            self.opened(document)

    def say_goodbye(self) -> None:
        """The editor ends in order, and closes its documents with that; a crash says nothing."""
        for document in self._session.documents.values():
            self.closed(document)

    def close(self) -> None:
        """Stop what still waits."""
        if self._catching_up is not None:
            self._catching_up.cancel()

    def _peer(self) -> Peer | None:
        return self.link.peer if self.link is not None else None

    def _is_behind(self) -> bool:
        peer = self._peer()
        return peer is not None and peer.outgoing_bytes > OUTGOING_BYTES_MAX

    def _tell(self, method: str, message: object) -> None:
        peer = self._peer()
        if peer is None:
            return
        if peer.outgoing_bytes > 2 * OUTGOING_BYTES_MAX + limits.FRAME_BYTES_MAX:
            self._log.warning("daemon.hung")
            peer.close()  # the link finds it again, or another one, and sends everything
            return
        try:
            peer.notify(method, message)
        except EchoError as error:
            self._log.error("daemon.not_told", error=Label.of(error))

    def _catch_up(self) -> None:
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._send_when_drained())

    async def _send_when_drained(self) -> None:
        while self._behind and (peer := self._peer()) is not None:
            await peer.wait_drained()
            if peer.is_closed:
                return
            uri = self._behind.pop()
            document = self._session.documents.get(uri)
            if document is not None:
                self._log.info("document.caught_up")
                self.opened(document)


def _triples(edits: Sequence[Edit]) -> list[tuple[int, int, str]]:
    return [(edit.start, edit.end - edit.start, edit.inserted) for edit in edits]
