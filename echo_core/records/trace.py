"""The trace format: a recorded editing session as JSON lines, to export, replay and test with.

    {"t":0,"kind":"open","doc":"src/a.py","language":"python","text":"..."}
    {"t":120,"kind":"edit","doc":"src/a.py","edits":[[start, deleted, "inserted"], ...]}
    {"t":130,"kind":"cursor","doc":"src/a.py","at":[anchor, head]}
    {"t":140,"kind":"focus","doc":"src/a.py"}
    {"t":150,"kind":"save","doc":"src/a.py"}
    {"t":160,"kind":"head","ref":"..."}
    {"t":165,"kind":"rename","doc":"src/a.py","to":"src/b.py"}
    {"t":170,"kind":"close","doc":"src/a.py","text":"..."}

Left out: files and compression, how fast a trace is played, what it is played against; the lines
that say what Echo did (`echo_core.records.answers`), which are read and written here.

Rules
 - `t` is in milliseconds from the start and never falls; equal times keep the order of the lines.
 - Offsets are code points; the edits of a line apply one after the other.
 - Fields that are not named here are ignored, so that newer traces can be read.
 - `parse` checks a line by itself and against the time before it; `Player` checks it against the
   documents: opened once, edits and cursors inside, a close text that is the text.
 - A renamed document stays open as it is, under a name that no open document has.
 - `parse` gives out what the editor did, `parse_all` also what Echo did.
 - A refusal names the number of the line and never quotes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, TypeAlias, TypeVar

from echo_core.errors import EditError, TraceError
from echo_core.limits import DOCUMENT_CHARS_MAX
from echo_core.records.answers import EchoLine, TraceOutcome, TraceProposal, TraceRequest
from echo_core.records.events import OutcomeKind, Trigger
from echo_core.text.document import Text
from echo_core.text.edits import Edit

T_MS_MAX: Final = 1 << 53  # about 285,000 years; beyond it not every reader of JSON counts exactly


@dataclass(frozen=True, slots=True)
class TraceOpen:
    """A document came into the editor, with its whole text."""

    kind: ClassVar[str] = "open"
    t_ms: int
    doc: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class TraceEdit:
    """Edits that apply one after the other."""

    kind: ClassVar[str] = "edit"
    t_ms: int
    doc: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class TraceCursor:
    """The selection moved; `anchor` == `head` when nothing is selected."""

    kind: ClassVar[str] = "cursor"
    t_ms: int
    doc: str
    anchor: int
    head: int


@dataclass(frozen=True, slots=True)
class TraceFocus:
    """Another document came to the front."""

    kind: ClassVar[str] = "focus"
    t_ms: int
    doc: str


@dataclass(frozen=True, slots=True)
class TraceSave:
    """The editor wrote the document to disk."""

    kind: ClassVar[str] = "save"
    t_ms: int
    doc: str


@dataclass(frozen=True, slots=True)
class TraceHead:
    """Version control moved; `ref` is opaque."""

    kind: ClassVar[str] = "head"
    t_ms: int
    ref: str


@dataclass(frozen=True, slots=True)
class TraceRename:
    """The document goes on under another name."""

    kind: ClassVar[str] = "rename"
    t_ms: int
    doc: str
    to: str


@dataclass(frozen=True, slots=True)
class TraceClose:
    """The document left the editor; `text` is what it must hold at that moment."""

    kind: ClassVar[str] = "close"
    t_ms: int
    doc: str
    text: str


TraceLine: TypeAlias = (
    TraceOpen
    | TraceEdit
    | TraceCursor
    | TraceFocus
    | TraceSave
    | TraceHead
    | TraceRename
    | TraceClose
)
AnyLine: TypeAlias = TraceLine | EchoLine
_Member = TypeVar("_Member", bound=StrEnum)


def parse(lines: Iterable[str]) -> Iterator[TraceLine]:
    """What the editor did, as `parse_all`: Echo's own lines are checked and left out."""
    for line in parse_all(lines):
        if not isinstance(line, EchoLine):
            yield line


def parse_all(lines: Iterable[str]) -> Iterator[AnyLine]:
    """The values of a trace's lines, one by one; blank lines are skipped.

    Raises:
        TraceError: a line is malformed, or earlier than the one before it. What was given out
            before it stands.
    """
    t_ms = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        value = _value(_Fields.of(line, number))
        if value.t_ms < t_ms:
            raise TraceError(f"trace line {number}: t is earlier than in the line before it")
        t_ms = value.t_ms
        yield value


def format(line: AnyLine) -> str:  # noqa: A001 - trace.format and trace.parse are a pair
    """`line` as one line of JSON, without a line end; `parse` gives an equal value back."""
    record: dict[str, object] = {"t": line.t_ms, "kind": line.kind}
    if not isinstance(line, TraceHead | TraceProposal | TraceOutcome):
        record["doc"] = line.doc
    match line:
        case TraceRequest():
            record |= {"id": line.id, "at": line.at, "trigger": line.trigger}
        case TraceProposal():
            record |= {"request": line.request, "id": line.id, "text": line.text}
        case TraceOutcome():
            record |= {"id": line.id, "outcome": line.outcome, "chars": line.chars}
        case TraceOpen():
            record |= {"language": line.language, "text": line.text}
        case TraceEdit():
            record["edits"] = [[e.start, e.end - e.start, e.inserted] for e in line.edits]
        case TraceCursor():
            record["at"] = [line.anchor, line.head]
        case TraceHead():
            record["ref"] = line.ref
        case TraceRename():
            record["to"] = line.to
        case TraceClose():
            record["text"] = line.text
        case _:  # focus and save say no more
            pass
    try:
        written = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        written.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8; JSON can escape it
        written = json.dumps(record, separators=(",", ":"))
    return written


class Player:
    """Plays lines over documents and keeps their texts."""

    def __init__(self) -> None:
        self._texts: dict[str, Text] = {}
        self._closed: dict[str, str] = {}

    @property
    def texts(self) -> Mapping[str, Text]:
        """The documents that are open now."""
        return MappingProxyType(self._texts)

    @property
    def closed(self) -> Mapping[str, str]:
        """The texts of documents that were closed and not opened again."""
        return MappingProxyType(self._closed)

    def play(self, line: TraceLine) -> None:
        """Do what `line` says.

        Raises:
            TraceError: the line does not fit the documents; they are as before it.
        """
        if isinstance(line, TraceHead):
            return
        if isinstance(line, TraceOpen):
            if line.doc in self._texts:
                raise TraceError("opens a document that is open: close it first")
            self._closed.pop(line.doc, None)
            self._texts[line.doc] = Text(line.text)
            return
        text = self._texts.get(line.doc)
        if text is None:
            raise TraceError(f"names a document in {line.kind!r} that is not open")
        if isinstance(line, TraceEdit):
            self._texts[line.doc] = _edited(text, line.edits)
        elif isinstance(line, TraceCursor):
            if max(line.anchor, line.head) > len(text):
                raise TraceError("puts the cursor outside its document")
        elif isinstance(line, TraceRename):
            if line.to in self._texts:
                raise TraceError("gives a document the name of one that is open")
            self._closed.pop(line.to, None)
            self._texts[line.to] = self._texts.pop(line.doc)
        elif isinstance(line, TraceClose):
            if line.text != text.content:
                raise TraceError("closes a document with another text than its edits gave")
            self._closed[line.doc] = line.text
            del self._texts[line.doc]


def check(lines: Iterable[str]) -> dict[str, str]:
    """Play a whole trace; the last text of every document, open or closed.

    Raises:
        TraceError: a line is malformed or does not fit; the message has its number.
    """
    player = Player()
    number = 0

    def counted() -> Iterator[str]:
        nonlocal number
        for number, line in enumerate(lines, 1):  # noqa: B007 - read below, at a refusal
            yield line

    for value in parse(counted()):
        try:
            player.play(value)
        except TraceError as error:
            raise TraceError(f"trace line {number}: {error}") from error
    return dict(player.closed) | {doc: text.content for doc, text in player.texts.items()}


def _edited(text: Text, edits: Iterable[Edit]) -> Text:
    for edit in edits:
        try:
            text = text.edited(edit)
        except EditError as error:
            raise TraceError("edits outside its document") from error
        if len(text) > DOCUMENT_CHARS_MAX:
            raise TraceError(f"makes a document of more than {DOCUMENT_CHARS_MAX} characters")
    return text


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of one line, taken with their types; every refusal names the line's number."""

    record: Mapping[str, object]
    number: int

    @classmethod
    def of(cls, line: str, number: int) -> _Fields:
        try:
            record: object = json.loads(line)
        except (ValueError, RecursionError):
            # From None: the error of json holds the whole line.
            raise TraceError(f"trace line {number}: not JSON") from None
        if not isinstance(record, dict):
            raise TraceError(f"trace line {number}: not a JSON object")
        return cls(record, number)

    def refusal(self, what: str) -> TraceError:
        return TraceError(f"trace line {self.number}: {what}")

    def string(self, name: str) -> str:
        value = self.record.get(name)
        if not isinstance(value, str):
            raise self.refusal(f"{name} is not a string")
        if len(value) > DOCUMENT_CHARS_MAX:
            raise self.refusal(f"{name} has more than {DOCUMENT_CHARS_MAX} characters")
        return value

    def member(self, name: str, of: type[_Member]) -> _Member:
        try:
            return of(self.string(name))
        except ValueError:
            raise self.refusal(f"{name} is none that a trace has") from None

    def count(self, value: object, name: str, most: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise self.refusal(f"{name} is not a whole number from 0 to {most}")
        return value

    def offset(self, value: object, name: str) -> int:
        return self.count(value, name, DOCUMENT_CHARS_MAX)

    def row(self, value: object, name: str, length: int) -> list[object]:
        if not isinstance(value, list) or len(value) != length:
            raise self.refusal(f"{name} is not a list of {length}")
        return value

    def edits(self) -> tuple[Edit, ...]:
        rows = self.record.get("edits")
        if not isinstance(rows, list):
            raise self.refusal("edits is not a list")
        edits = []
        for row in rows:
            start, deleted, inserted = self.row(row, "an edit", 3)
            if not isinstance(inserted, str):
                raise self.refusal("the inserted text of an edit is not a string")
            start = self.offset(start, "the start of an edit")
            deleted = self.offset(deleted, "the length of an edit")
            edits.append(Edit(start, start + deleted, inserted))
        return tuple(edits)


def _cursor(fields: _Fields, t_ms: int) -> TraceCursor:
    anchor, head = fields.row(fields.record.get("at"), "at", 2)
    return TraceCursor(
        t_ms, fields.string("doc"), fields.offset(anchor, "at"), fields.offset(head, "at")
    )


_MAKERS: Final[dict[str, Callable[[_Fields, int], AnyLine]]] = {
    "open": lambda fields, t_ms: TraceOpen(
        t_ms, fields.string("doc"), fields.string("language"), fields.string("text")
    ),
    "edit": lambda fields, t_ms: TraceEdit(t_ms, fields.string("doc"), fields.edits()),
    "cursor": _cursor,
    "focus": lambda fields, t_ms: TraceFocus(t_ms, fields.string("doc")),
    "save": lambda fields, t_ms: TraceSave(t_ms, fields.string("doc")),
    "head": lambda fields, t_ms: TraceHead(t_ms, fields.string("ref")),
    "rename": lambda fields, t_ms: TraceRename(t_ms, fields.string("doc"), fields.string("to")),
    "close": lambda fields, t_ms: TraceClose(t_ms, fields.string("doc"), fields.string("text")),
    "request": lambda fields, t_ms: TraceRequest(
        t_ms,
        fields.string("id"),
        fields.string("doc"),
        fields.offset(fields.record.get("at"), "at"),
        fields.member("trigger", Trigger),
    ),
    "proposal": lambda fields, t_ms: TraceProposal(
        t_ms, fields.string("request"), fields.string("id"), fields.string("text")
    ),
    "outcome": lambda fields, t_ms: TraceOutcome(
        t_ms,
        fields.string("id"),
        fields.member("outcome", OutcomeKind),
        fields.offset(fields.record.get("chars"), "chars"),
    ),
}


def _value(fields: _Fields) -> AnyLine:
    kind = fields.record.get("kind")
    make = _MAKERS.get(kind) if isinstance(kind, str) else None
    if make is None:
        raise fields.refusal("its kind is none that a trace has")
    return make(fields, fields.count(fields.record.get("t"), "t", T_MS_MAX))
