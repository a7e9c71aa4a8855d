"""Plays a trace through an editor: at its own speed, N times faster, or as fast as it goes.

Left out: what is sent next and which proposals are taken (`echo_daemon.replay.plan`), the
protocol (`echo_daemon.replay.editor`).

Rules
 - At a speed, an answer that comes after the next thing of the trace is due comes too late: the
   request is cancelled, as an editor does. At `None`, as fast as possible, every answer is
   awaited.
 - A proposal that comes in time is shown; then it is taken or typed on over.
 - At each `close` the text must be the trace's. A difference is an error that names the document
   and the first differing offset, never the text.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from echo_core.clock import Clock
from echo_core.errors import EchoError, TraceError
from echo_core.records import trace
from echo_core.text.edits import Edit
from echo_daemon.replay.editor import Editor
from echo_daemon.replay.plan import Acceptance, Ask, Plan, Proposal, Send, agree
from echo_daemon.replay.seen import Item

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: `c:` is a drive


class ReplayError(EchoError):
    """A replay went otherwise than its trace; what was recorded until then is unharmed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person would have seen at one request; only ever for the user's own terminal."""

    doc: str
    before: str  # the cursor's line up to the cursor
    inserted: str  # what the proposal adds at the cursor; empty when nothing was proposed
    taken: str  # how much of it was taken
    late: bool
    wait_ms: float  # from the request to its answer, in the editor
    keys: int  # edits since the request before it, all at one place; 0 when it is the first there


class Watcher(Protocol):
    """Who is told what happens during a replay."""

    async def played(self, lines: int) -> None:
        """So many lines of the trace are done in all, sent or covered by what was accepted."""
        ...

    async def answered(self, shown: Shown) -> None:
        """One request came to its end."""
        ...


class _Keys:
    """Counts the edits between two requests, as long as they are typed at one place."""

    def __init__(self) -> None:
        self._doc = ""
        self._at = -1
        self._keys = -1  # below 0: no request yet at this place

    def edited(self, doc: str, edits: Sequence[Edit]) -> None:
        """A change was sent; it goes on here when it touches where the one before it ended."""
        for edit in edits:
            here = doc == self._doc and edit.start <= self._at <= edit.end
            self._keys = self._keys + 1 if here and self._keys >= 0 else -1
            self._doc, self._at = doc, edit.end_after

    def asked(self) -> int:
        """How many edits there were since the last request; 0 at the first of a place."""
        keys, self._keys = max(0, self._keys), 0
        return keys


@dataclass(slots=True)
class Played:
    """What a replay came to."""

    lines: int = 0
    documents: int = 0
    closes_checked: int = 0
    late: int = 0
    lengths: dict[str, int] = field(default_factory=dict)  # of each document at its close


def uri_of(doc: str) -> str:
    """The URI under which `doc` is opened: itself where it is one, else one of its own.

    Two documents never share one: every character that a path may not hold is escaped.
    """
    return doc if _URI.match(doc) else "file:///replay/" + quote(doc, safe="/")


class Typist:
    """Plays one trace through one editor, once."""

    def __init__(
        self,
        editor: Editor,
        clock: Clock,
        *,
        speed: float | None = None,
        every_key_from_ms: int | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self._editor = editor
        self._clock = clock
        self._speed = speed
        self._every_key_from_ms = every_key_from_ms
        self._keys = _Keys()
        self._watcher = watcher
        self._start_ms = 0.0
        self._played = Played()

    async def play(self, lines: Sequence[trace.TraceLine]) -> Played:
        """Play all of `lines`.

        Raises:
            ReplayError: a document's text at its close is not the trace's.
            TraceError: the trace edits a document that is not open.
            DaemonError: the server died.
        """
        plan = Plan(lines, every_key_from_ms=self._every_key_from_ms)
        self._begin()
        while (step := plan.next()) is not None:
            if isinstance(step, Ask):
                await self._ask(plan, step)
                continue
            await self._until(step.line.t_ms)
            await self._send(step)
            await self._did(plan.done)
        return self._played

    def _begin(self) -> None:
        self._start_ms = self._clock.steady_ms()

    async def _did(self, lines: int) -> None:
        self._played.lines = lines
        if self._watcher is not None:
            await self._watcher.played(lines)

    # --- time ----------------------------------------------------------------------------------

    def _left_ms(self, t_ms: int) -> float:
        """How long until `t_ms` of the trace is due; 0 when it is, or nothing is waited for."""
        if self._speed is None:
            return 0.0
        return max(0.0, self._start_ms + t_ms / self._speed - self._clock.steady_ms())

    async def _until(self, t_ms: int) -> None:
        left_ms = self._left_ms(t_ms)
        if left_ms > 0:
            await self._clock.sleep_ms(left_ms)

    # --- lines ---------------------------------------------------------------------------------

    async def _send(self, step: Send) -> None:
        line, editor = step.line, self._editor
        if isinstance(line, trace.TraceOpen):
            await editor.open(line.doc, uri_of(line.doc), line.language, line.text)
            self._played.documents += 1
            return
        if isinstance(line, trace.TraceHead):
            return  # no editor tells a language server that version control moved
        if not editor.is_open(line.doc):
            raise TraceError(f"the trace uses {line.doc!r} at {line.t_ms} ms without opening it")
        if isinstance(line, trace.TraceEdit):
            self._keys.edited(line.doc, line.edits)
            await editor.edit(line.doc, line.edits)
        elif isinstance(line, trace.TraceCursor):
            await editor.select(line.doc, line.anchor, line.head)
        elif isinstance(line, trace.TraceFocus):
            await editor.focus(line.doc)
        elif isinstance(line, trace.TraceSave):
            await editor.save(line.doc)
        elif isinstance(line, trace.TraceRename):
            await editor.rename(line.doc, line.to, uri_of(line.to))
        else:
            text = (await editor.close(line.doc)).content
            self._played.lengths[line.doc] = len(text)
            check_close(line.doc, text, line.text)
            self._played.closes_checked += 1

    # --- completions ---------------------------------------------------------------------------

    async def _ask(self, plan: Plan, ask: Ask) -> None:
        keys = self._keys.asked()
        asked_ms = self._clock.steady_ms()
        pending = await self._editor.ask(ask.doc, ask.at)
        if self._speed is not None and ask.due_ms is not None:
            due = asyncio.ensure_future(self._clock.sleep_ms(self._left_ms(ask.due_ms)))
            await asyncio.wait({pending.answer, due}, return_when=asyncio.FIRST_COMPLETED)
            due.cancel()
            if not pending.answer.done():
                await self._editor.cancel(pending)
                self._played.late += 1
                await self._tell(ask, None, None, asked_ms, keys, late=True)
                return
        items = await self._editor.items(pending)
        if not items:
            await self._tell(ask, None, None, asked_ms, keys)
            return
        item = items[0]
        await self._editor.show(item)
        content = self._editor.text(ask.doc).content
        proposal = Proposal(item.start, item.end, item.text)
        run = plan.upcoming(len(item.text))
        acceptance = agree(proposal, ask.at, content[item.start : item.end], run)
        await self._tell(ask, item, acceptance, asked_ms, keys)
        if acceptance is None:
            return
        self._keys.edited(ask.doc, (Edit(ask.at, ask.at, acceptance.inserted),))
        if acceptance.whole:
            await self._editor.accept(ask.doc, item)
        else:
            await self._editor.accept_part(ask.doc, item, acceptance.edit, acceptance.chars)
        plan.accepted(acceptance.inserted)

    async def _tell(
        self,
        ask: Ask,
        item: Item | None,
        acceptance: Acceptance | None,
        asked_ms: float,
        keys: int,
        *,
        late: bool = False,
    ) -> None:
        if self._watcher is None:
            return
        wait_ms = self._clock.steady_ms() - asked_ms
        text = self._editor.text(ask.doc)
        before = text.content[text.line_start(text.line_of(ask.at)) : ask.at]
        inserted = ""
        if item is not None:
            inserted = item.text[max(0, ask.at - item.start) :]
        taken = "" if acceptance is None else acceptance.inserted
        await self._watcher.answered(Shown(ask.doc, before, inserted, taken, late, wait_ms, keys))


def check_close(doc: str, text: str, wanted: str) -> None:
    """Compare a document at its close with what the trace says.

    Raises:
        ReplayError: they differ; the message names the document and an offset.
    """
    if text == wanted:
        return
    both = min(len(text), len(wanted))
    at = next((at for at in range(both) if text[at] != wanted[at]), both)
    raise ReplayError(
        f"the text of {doc!r} differs from the trace's close from offset {at} on "
        f"(lengths {len(text)} and {len(wanted)}): the trace is inconsistent or an edit was lost"
    )
