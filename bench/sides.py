"""The two sides as one editor sees them: Echo through its language server, the peer through HTTP.

Left out: when a key is struck and what is made of the figures (`bench.latency`).

Rules
 - Both keep the document as an editor does and are asked after the same keys.
 - An answer that was overtaken is cancelled as the editor of that side does it.
 - No answer's text is kept, only whether there was one.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

from bench import llama_vscode
from bench.peer import Peer
from bench.texts import Source
from echo_core.clock import Clock
from echo_core.text.document import Text
from echo_core.text.edits import Edit
from echo_daemon.replay.editor import Pending
from echo_daemon.replay.session import Session
from echo_daemon.replay.typist import uri_of


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: was anything proposed, from where, and what it took.

    `remembered_ms` is when the client's own cache had a proposal, where it was not asked to answer.
    """

    proposed: bool
    hit: str
    tokens_evaluated: int
    arrived_ms: float  # of the steady clock
    remembered_ms: float | None = None


class Asked(Protocol):
    """A request under way."""

    async def answer(self) -> Answer:
        """What came; when it came is in it."""
        ...

    async def give_up(self) -> None:
        """A newer request takes its place."""
        ...


class Side(Protocol):
    """One of the two."""

    async def open(self, source: Source) -> None: ...

    async def close(self) -> str:
        """The text as it is at the end."""
        ...

    async def move(self, offset: int) -> None:
        """The cursor comes to `offset` without an edit."""
        ...

    async def edit(self, edit: Edit) -> None: ...

    async def ask(self, offset: int, *, by_hand: bool) -> Asked: ...


class EchoSide:
    """Echo: language server, daemon and engine as in an editor."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._doc = ""
        self.answers = 0  # that the daemon had given when it was last asked

    async def open(self, source: Source) -> None:
        """Open the file and bring it to the front."""
        self._doc = source.name
        await self._session.editor.open(
            source.name, uri_of(source.name), source.language, source.text
        )
        await self._session.editor.focus(source.name)

    async def close(self) -> str:
        """Close it."""
        return (await self._session.editor.close(self._doc)).content

    async def move(self, offset: int) -> None:
        """Select nothing at `offset`, as a click does."""
        await self._session.editor.select(self._doc, offset, offset)

    async def edit(self, edit: Edit) -> None:
        """One change."""
        await self._session.editor.edit(self._doc, (edit,))

    async def ask(self, offset: int, *, by_hand: bool) -> Asked:
        """Send a request."""
        pending = await self._session.editor.ask(self._doc, offset, invoked=by_hand)
        return _EchoAsked(self, pending)

    async def answered(self, pending: Pending) -> Answer:
        """The answer, and then the daemon's figures of it, which cost no time that is measured."""
        items = await self._session.editor.items(pending)
        arrived_ms = self._clock.steady_ms()
        last = await self._session.ask_last()
        if last.answers == self.answers:  # the language server answered by itself
            return Answer(bool(items), "none", 0, arrived_ms)
        self.answers = last.answers
        return Answer(bool(items), last.hit or "none", last.tokens_evaluated, arrived_ms)

    async def give_up(self, pending: Pending) -> None:
        """Cancel it as an editor does."""
        await self._session.editor.cancel(pending)


class _EchoAsked:
    def __init__(self, side: EchoSide, pending: Pending) -> None:
        self._side = side
        self._pending = pending

    async def answer(self) -> Answer:
        return await self._side.answered(self._pending)

    async def give_up(self) -> None:
        await self._side.give_up(self._pending)


class PeerSide:
    """llama.cpp's server, asked as llama.vscode asks it.

    `caching`: what the extension remembers is answered from there, as it does it. Without, the
    server is asked at every key, and when the extension would have had an answer is noted.
    """

    def __init__(self, peer: Peer, clock: Clock, *, caching: bool) -> None:
        self._peer = peer
        self._clock = clock
        self._caching = caching
        self._text = Text("")
        self._cache = llama_vscode.Cache()

    async def open(self, source: Source) -> None:
        """The server hears of a document only when it is asked."""
        self._text = Text(source.text)

    async def close(self) -> str:
        """Nothing is told to the server."""
        return self._text.content

    async def move(self, offset: int) -> None:
        """The extension asks for nothing where a cursor comes by."""

    async def edit(self, edit: Edit) -> None:
        """One change."""
        self._text = self._text.edited(edit)

    async def ask(self, offset: int, *, by_hand: bool) -> Asked:  # noqa: ARG002 - no difference
        """Look into the extension's cache, then ask the server; by hand, it is the same."""
        asked = llama_vscode.question(self._text, offset)
        return _PeerAsked(asyncio.ensure_future(self._answer(asked)))

    async def _answer(self, asked: llama_vscode.Question) -> Answer:
        kept = self._cache.get(asked)
        remembered_ms = None
        if kept is not None:
            offered = llama_vscode.shown(asked, kept)
            remembered_ms = self._clock.steady_ms()
            if self._caching:
                return Answer(bool(offered.strip()), "cache", 0, remembered_ms)
            if not offered.strip():
                remembered_ms = None
        said = await self._peer.infill(llama_vscode.body(asked))
        offered = llama_vscode.proposal(asked, str(said.get("content", "")))
        arrived_ms = self._clock.steady_ms()
        if offered:
            self._cache.put(asked, offered)
        tokens = llama_vscode.tokens_evaluated(said)
        return Answer(bool(offered), "server", tokens, arrived_ms, remembered_ms)


class _PeerAsked:
    def __init__(self, task: asyncio.Task[Answer]) -> None:
        self._task = task

    async def answer(self) -> Answer:
        return await asyncio.shield(self._task)

    async def give_up(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
