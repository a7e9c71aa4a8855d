"""A daemon whose answers the test decides, on the real wire at the real address.

It mirrors documents as plain strings, by slicing alone, so that it can stand beside
`echo_core.text.document` as a second opinion. Left out: everything else a daemon does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from echo_core.errors import DaemonError, InputError
from echo_core.records import wire
from echo_runtime import endpoint
from echo_runtime.endpoint import Listener, Transport
from echo_runtime.lock import ProfileLock
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_runtime.rpc import Peer
from echo_testing.waiting import LONG_S

Completer = Callable[[wire.CompletionAsk], Awaitable[wire.CompletionAnswer]]
READY = wire.Status("ready", "", busy=False, recording=False)
FIGURES = wire.LastCompletion(1, "unsure", "engine", 9.0, 9, 1, 2)
WHY = wire.Why("unsure", "The model was not sure enough.", FIGURES)
CONSENTS = wire.Consents(
    [
        wire.SwitchState(
            "record",
            on=False,
            rule="unasked",
            reason="Recording is off.",
            text="What is recorded.",
            text_hash="ab",
        )
    ]
)
NOTHING = wire.CompletionAnswer([], "nothing_written")


class ScriptedDaemon:
    """One daemon; `open` and `close` may be called again and again.

    From construction to `release` it holds the profile's lock, so that a real daemon that
    something starts meanwhile leaves at once.
    """

    def __init__(self, profile: Profile, log: Log) -> None:
        self.profile = profile
        self.protocol = wire.PROTOCOL_VERSION
        self.peers: list[Peer] = []
        self.hellos: list[wire.Hello] = []
        self.messages: list[object] = []
        self.asks: list[wire.CompletionAsk] = []
        self.cancelled: list[wire.CompletionAsk] = []
        self.mirrors: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.completer: Completer = self._nothing
        self.listener: Listener | None = None
        self._log = log
        self._changed = asyncio.Condition()
        lock = ProfileLock.acquire(profile.lock_path)
        if lock is None:
            raise DaemonError("another daemon holds the lock of this profile")
        self._lock = lock

    async def open(self, transport: Transport = Transport.UNIX) -> ScriptedDaemon:
        """Listen."""
        self.listener = await endpoint.listen(
            self.profile, self.serve, self._log, self._lock, transport
        )
        return self

    def close(self) -> None:
        """Be gone, as far as anybody can see."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None
        for peer in self.peers:
            peer.close()
        self.peers.clear()
        self.mirrors.clear()

    def release(self) -> None:
        """Let another daemon have the profile."""
        self.close()
        self._lock.release()

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Until `holds`, looked at after each message.

        Raises:
            TimeoutError: something hangs; without it a failing test would never end.
        """
        async with asyncio.timeout(LONG_S), self._changed:
            await self._changed.wait_for(holds)

    def settings(self) -> list[dict[str, wire.SettingValue]]:
        """What it was told of the editor's settings, in order."""
        return [each.values for each in self.messages if isinstance(each, wire.EditorSettings)]

    def answer_with(self, *texts: str) -> None:
        """Offer each of `texts` at the place asked for."""

        async def complete(ask: wire.CompletionAsk) -> wire.CompletionAnswer:
            offers = [
                wire.Offer(f"p{number}", text, ask.offset, ask.offset)
                for number, text in enumerate(texts)
            ]
            return wire.CompletionAnswer(offers, "proposed")

        self.completer = complete

    async def _nothing(self, _ask: wire.CompletionAsk) -> wire.CompletionAnswer:
        return NOTHING

    def serve(self, peer: Peer) -> None:
        """Take a connection in, put the handlers on it and start it."""
        self.peers.append(peer)
        peer.on(wire.HELLO, self._hello)
        peer.on(wire.DOCUMENT_OPEN, self._document_open)
        peer.on(wire.DOCUMENT_EDIT, self._document_edit)
        peer.on(wire.DOCUMENT_CLOSE, self._document_close)
        for method in (
            wire.DOCUMENT_CURSOR,
            wire.DOCUMENT_FOCUS,
            wire.DOCUMENT_RENAME,
            wire.DOCUMENT_SAVE,
            wire.OUTCOME,
            wire.SETTINGS,
            wire.FRONT_TELEMETRY,
        ):
            peer.on(method, self._note)
        peer.on(wire.COMPLETION, self._complete)
        peer.on(wire.COMPLETION_WHY, lambda _: WHY)
        peer.on(wire.CONSENT_SHOW, lambda _: CONSENTS)
        peer.on(wire.DASHBOARD_OPEN, lambda _: wire.DashboardLink("http://127.0.0.1:1/open/x", 9))
        peer.on(wire.CONSENT_SWITCH, self._switch)
        peer.start()

    def _hello(self, hello: wire.Hello) -> wire.Welcome:
        if self.listener is not None:
            endpoint.check_hello(hello, self.listener.token)
        self.hellos.append(hello)
        return wire.Welcome(self.protocol, "test", "session", READY)

    def _document_open(self, message: wire.DocumentOpen) -> None:
        self.mirrors[message.doc] = message.text
        self.versions[message.doc] = message.version
        self._note(message)

    def _document_edit(self, message: wire.DocumentEdit) -> None:
        text = self.mirrors[message.doc]
        for start, deleted, inserted in message.edits:
            text = text[:start] + inserted + text[start + deleted :]
        assert len(text) == message.length
        self.mirrors[message.doc] = text
        self.versions[message.doc] = message.version
        self._note(message)

    def _document_close(self, message: wire.DocumentRef) -> None:
        self.mirrors.pop(message.doc, None)
        self._note(message)

    async def _complete(self, ask: wire.CompletionAsk) -> wire.CompletionAnswer:
        self.asks.append(ask)
        self._wake()
        try:
            return await self.completer(ask)
        except asyncio.CancelledError:
            self.cancelled.append(ask)
            self._wake()
            raise

    def _switch(self, choice: wire.SwitchChoice) -> wire.Consents:
        self._note(choice)
        if choice.switch != "record":
            raise InputError("A switch is one of record.")
        return wire.Consents([replace(CONSENTS.switches[0], on=choice.on)])

    def _note(self, message: object) -> None:
        self.messages.append(message)
        self._wake()

    def _wake(self) -> None:
        async def wake() -> None:
            async with self._changed:
                self._changed.notify_all()

        task = asyncio.get_running_loop().create_task(wake())
        self._waking = task  # asyncio keeps no reference of its own
