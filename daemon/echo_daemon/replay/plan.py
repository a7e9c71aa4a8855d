"""What a replay sends next, and which proposals its typist takes: pure decisions, no protocol.

Left out: the editor that sends (`echo_daemon.replay.editor`), time and answers
(`echo_daemon.replay.typist`).

When a completion is asked for
 - After an edit line that is a *typed insertion* (one edit that deletes nothing and inserts
   something), if the next thing comes at least `PAUSE_MS` of trace time later, or is not typing
   that goes on where the insertion ended. The next thing is the next line that is not a cursor
   resting at the insertion's end. From `every_key_from_ms` on: after every typed insertion.

When a proposal is taken
 - *The typed run* is the sequence of edit lines that follow in the same document, as long as
   each is a pure insertion at the end of what the one before inserted. Cursor lines in between
   are ignored; any other line ends the run.
 - What a proposal would *insert* at the cursor is its text without the characters of its range
   that stand already before and behind the cursor. One that would change those inserts nothing.
 - Whole, when the run's text starts with what it inserts and that holds at least
   `AGREED_CHARS_MIN` characters which are not space.
 - Else up to the end of its first line (without the line break), when the run's text starts with
   that and it is long enough in the same sense. Else not at all. Nothing is stripped or folded.

Law: whatever was proposed, every document goes on to exactly the trace's states. Insertions that
an accepted proposal covers are not sent again; one that it covers in part is sent in its
remaining part; cursor lines among the covered ones are left out, since the document is ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from echo_core.records import trace
from echo_core.text.edits import Edit

PAUSE_MS: Final = 300  # of trace time; Zed's target for an answer, Continue's debounce is 350
AGREED_CHARS_MIN: Final = 2  # one character is not worth a Tab key


@dataclass(frozen=True, slots=True)
class Proposal:
    """Put `text` in place of `[start, end)`; code points of the document as it stands."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How far a proposal is taken: the edit an editor makes, and what came in at the cursor."""

    edit: Edit
    inserted: str
    chars: int  # of the proposal's text, from its start, code points
    whole: bool


@dataclass(frozen=True, slots=True)
class Send:
    """Play this line: it is the trace's, or what is left of it."""

    line: trace.TraceLine


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a completion at `at`; it is too late at `due_ms` of trace time (None: never)."""

    doc: str
    at: int
    t_ms: int
    due_ms: int | None


Step: TypeAlias = Send | Ask


def typed(line: trace.TraceLine, doc: str, at: int) -> str | None:
    """What `line` types at `at` of `doc`, or None when it is anything else.

    Several edits of one line count when each inserts where the one before ended.
    """
    if not isinstance(line, trace.TraceEdit) or line.doc != doc or not line.edits:
        return None
    parts: list[str] = []
    for edit in line.edits:
        if edit.start != at or edit.end != at:
            return None
        parts.append(edit.inserted)
        at = edit.end_after
    return "".join(parts)


def inserts(proposal: Proposal, at: int, replaced: str) -> str:
    """What taking `proposal` adds at the cursor `at`; empty when it would change other text.

    Args:
        replaced: the document's text in the proposal's range.
    """
    if not proposal.start <= at <= proposal.end:
        return ""
    before = replaced[: at - proposal.start]
    behind = replaced[at - proposal.start :]
    text = proposal.text
    if len(text) < len(replaced) or not (text.startswith(before) and text.endswith(behind)):
        return ""
    return text[len(before) : len(text) - len(behind)]


def agree(proposal: Proposal, at: int, replaced: str, run: str) -> Acceptance | None:
    """How far a typist takes `proposal` who goes on to type `run` at `at`."""
    insertion = inserts(proposal, at, replaced)
    if _is_enough(insertion) and run.startswith(insertion):
        edit = Edit(proposal.start, proposal.end, proposal.text)
        return Acceptance(edit, insertion, len(proposal.text), whole=True)
    line = first_line(insertion)
    if _is_enough(line) and len(line) < len(insertion) and run.startswith(line):
        chars = at - proposal.start + len(line)
        return Acceptance(Edit(at, at, line), line, chars, whole=False)
    return None


def first_line(text: str) -> str:
    """`text` up to its first line break (LSP's: line feed or carriage return)."""
    ends = [found for found in (text.find("\n"), text.find("\r")) if found >= 0]
    return text[: min(ends)] if ends else text


def _is_enough(text: str) -> bool:
    return sum(not char.isspace() for char in text) >= AGREED_CHARS_MIN


class Plan:
    """The lines of a trace, one step after the other.

    After an `Ask`, `accepted` may be called once; `next` otherwise goes on as if nothing was
    proposed.
    """

    def __init__(
        self, lines: Sequence[trace.TraceLine], *, every_key_from_ms: int | None = None
    ) -> None:
        self._lines = lines
        self._every_key_from_ms = every_key_from_ms
        self._index = 0  # of the next line
        self._done_chars = 0  # of the next line's insertion, already in the document
        self._asking: Ask | None = None  # the step that comes before the next line
        self._asked: Ask | None = None  # the step that was just taken

    @property
    def done(self) -> int:
        """How many lines are done: sent, or covered by what was accepted."""
        return self._index

    def next(self) -> Step | None:
        """The next step, or None at the end."""
        self._asked, self._asking = self._asking, None
        if self._asked is not None:
            return self._asked
        if self._index == len(self._lines):
            return None
        line = self._lines[self._index]
        self._index += 1
        if self._done_chars and isinstance(line, trace.TraceEdit):
            line = _rest(line, self._done_chars)
            self._done_chars = 0
        if isinstance(line, trace.TraceEdit) and len(line.edits) == 1:
            edit = line.edits[0]
            if edit.inserted and edit.start == edit.end:
                self._asking = self._ask(line.doc, edit.end_after, line.t_ms)
        return Send(line)

    def upcoming(self, chars_max: int) -> str:
        """The typed run from the last `Ask` on; at least `chars_max` long where it goes so far."""
        if self._asked is None:
            return ""
        at, parts, length = self._asked.at, list[str](), 0
        for index in range(self._index, len(self._lines)):
            if length >= chars_max:
                break
            line = self._lines[index]
            if isinstance(line, trace.TraceCursor):
                continue
            text = typed(line, self._asked.doc, at)
            if text is None:
                break
            parts.append(text)
            at += len(text)
            length += len(text)
        return "".join(parts)

    def accepted(self, inserted: str) -> None:
        """The proposal for the last `Ask` brought `inserted` into the document.

        Raises:
            ValueError: that is not what the typed run starts with; the plan is unchanged.
        """
        asked = self._asked
        if asked is None or not self.upcoming(len(inserted)).startswith(inserted):
            raise ValueError("an acceptance that is not what the trace types next")
        self._asked = None
        at, left, t_ms = asked.at, len(inserted), asked.t_ms
        while left:
            line = self._lines[self._index]
            if isinstance(line, trace.TraceCursor):
                self._index += 1
                continue
            text = typed(line, asked.doc, at) or ""
            if left < len(text):
                self._done_chars = left
                return
            self._index += 1
            left -= len(text)
            at += len(text)
            t_ms = line.t_ms
        self._asking = self._ask(asked.doc, at, t_ms)

    def _ask(self, doc: str, at: int, t_ms: int) -> Ask | None:
        """The question after an insertion that ended at `at`, if one is asked there."""
        upcoming = self._next_thing(doc, at)
        due_ms = None if upcoming is None else upcoming.t_ms
        every_key = self._every_key_from_ms is not None and t_ms >= self._every_key_from_ms
        pauses = (
            every_key
            or upcoming is None
            or upcoming.t_ms - t_ms >= PAUSE_MS
            or typed(upcoming, doc, at) is None
        )
        return Ask(doc, at, t_ms, due_ms) if pauses else None

    def _next_thing(self, doc: str, at: int) -> trace.TraceLine | None:
        for index in range(self._index, len(self._lines)):
            line = self._lines[index]
            if not (isinstance(line, trace.TraceCursor) and _rests(line, doc, at)):
                return line
        return None


def _rests(line: trace.TraceCursor, doc: str, at: int) -> bool:
    return (line.doc, line.anchor, line.head) == (doc, at, at)


def _rest(line: trace.TraceEdit, done_chars: int) -> trace.TraceEdit:
    """A typed line without the first `done_chars` characters that it types."""
    text = "".join(edit.inserted for edit in line.edits)[done_chars:]
    at = line.edits[0].start + done_chars
    return replace(line, edits=(Edit(at, at, text),))
