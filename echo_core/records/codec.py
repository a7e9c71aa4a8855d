"""Events as compact bytes and back: what the body column of the event log holds.

A body is a JSON array in UTF-8. JSON, because SQLite reads it too (the store's views are made of
its JSON functions) and because the parser is C; an array, because names would be most of the
bytes. One typed character is about 16 bytes.

Left out: what the log keeps in columns of its own, so that bytes are not stored twice: the kind,
`at_ms`, `doc`, and the text of `Opened` and `Committed` (a snapshot, by its digest).

Rules
 - Text may hold lone surrogates (it came from UTF-16). They are written as they are
   ("surrogatepass"): JSON's escapes would join two neighbours into one character.
 - The numbers of `_ORIGINS` and the tuples below it are on disk: append, never renumber.
 - Any bytes decode to an event or raise `InputError`; its message holds no source text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from json.encoder import encode_basestring
from typing import Final, TypeAlias, TypeVar, assert_never

from echo_core.errors import InputError
from echo_core.records.events import (
    Closed,
    Committed,
    CursorMoved,
    Edited,
    Event,
    Focused,
    HeadMove,
    HeadMoved,
    Imported,
    Mark,
    Marked,
    Opened,
    Origin,
    Outcome,
    OutcomeKind,
    Proposed,
    Renamed,
    Requested,
    Saved,
    Trigger,
)
from echo_core.text.edits import Edit

_Value: TypeAlias = "int | float | str"
_Rare: TypeAlias = "Opened | HeadMoved | Committed | Imported | Renamed | Marked"
_Listed: TypeAlias = "Edited | CursorMoved | Proposed | Outcome | _Rare"
_E = TypeVar("_E", Origin, Trigger, OutcomeKind, HeadMove, Mark)

_EMPTY: Final = b"[]"

_ORIGINS: Final = (
    Origin.TYPED,
    Origin.ACCEPTED,
    Origin.PASTED,
    Origin.AUTOMATIC,
    Origin.EXTERNAL,
    Origin.FORMATTER,
    Origin.UNDONE,
    Origin.UNSEEN,
)
_TRIGGERS: Final = (Trigger.AUTOMATIC, Trigger.INVOKED)
_OUTCOMES: Final = (
    OutcomeKind.SHOWN,
    OutcomeKind.ACCEPTED,
    OutcomeKind.PARTIAL,
    OutcomeKind.TYPED_THROUGH,
    OutcomeKind.DISMISSED,
    OutcomeKind.REPLACED,
)
_MOVES: Final = (HeadMove.UNKNOWN, HeadMove.COMMIT, HeadMove.SWITCH, HeadMove.RESET)
_MARKS: Final = (Mark.PASSED, Mark.RESTED, Mark.RESUMED, Mark.AWAY)
# Looked up once an event; `tuple.index` would compare enum by enum.
_ORIGIN_NUMBERS: Final = {origin: number for number, origin in enumerate(_ORIGINS)}
_TRIGGER_NUMBERS: Final = {trigger: number for number, trigger in enumerate(_TRIGGERS)}
_OUTCOME_NUMBERS: Final = {outcome: number for number, outcome in enumerate(_OUTCOMES)}

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def encode(event: Event) -> bytes:
    """The body of `event`: everything but what has columns of its own."""
    match event:
        case Edited(edits=(edit,), proposal=""):  # nearly all, without a list: a third of the time
            head = f"[{event.version},{_ORIGIN_NUMBERS[event.origin]},{edit.start}"
            text = f"{head},{edit.end - edit.start},{encode_basestring(edit.inserted)}]"
        case Requested():
            head = f"[{encode_basestring(event.request)},{event.version},{event.offset}"
            text = f"{head},{_TRIGGER_NUMBERS[event.trigger]}]"
        case Focused() | Saved() | Closed():
            return _EMPTY
        case _:
            text = _ENCODER.encode(_values(event))
    return text.encode("utf-8", "surrogatepass")


def decode(kind: str, body: bytes, *, at_ms: int = 0, doc: str = "", text: str = "") -> Event:
    """The event of this `kind` and `body`, completed by what the log keeps in columns.

    `doc` and `text` are ignored by kinds that have none. The law: decoding what `encode` made,
    with the event's own columns, gives an equal event.

    Raises:
        InputError: the kind is unknown, or the body is not one of this kind.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise InputError("an event in the log is of a kind that this version does not know")
    return reader(_Body(kind, _parsed(kind, body)), at_ms, doc, text)


def origin(number: int) -> Origin | None:
    """The origin that a body's number means."""
    return _ORIGINS[number] if 0 <= number < len(_ORIGINS) else None


def mark(number: object) -> Mark | None:
    """What the number in the body of a mark means."""
    return _MARKS[number] if isinstance(number, int) and 0 <= number < len(_MARKS) else None


def _values(event: _Listed) -> Sequence[_Value]:
    match event:
        case Edited():
            values = [event.version, _ORIGIN_NUMBERS[event.origin], *_edit_values(event.edits)]
            if event.proposal:  # rare: a body without it is a multiple of three, and two
                values.append(event.proposal)
            return values
        case CursorMoved():
            return (event.anchor, event.head)
        case Proposed():
            return _proposed_values(event)
        case Outcome():
            return (event.proposal, _OUTCOME_NUMBERS[event.outcome], event.chars)
        case _:
            return _rare_values(event)


def _rare_values(event: _Rare) -> Sequence[_Value]:
    match event:
        case Opened():
            return (event.language, event.version)
        case HeadMoved():
            return (event.ref, event.repo, event.commit, _MOVES.index(event.move))
        case Committed():
            return (event.commit,)
        case Imported():
            return (event.language, event.commit, event.made_ms, *_edit_values(event.edits))
        case Renamed():
            return (event.to,) if event.confidence == 1.0 else (event.to, event.confidence)
        case Marked():
            return (_MARKS.index(event.what),)
        case _:
            assert_never(event)


def _edit_values(edits: Sequence[Edit]) -> list[_Value]:
    values: list[_Value] = []
    for edit in edits:
        values += (edit.start, edit.end - edit.start, edit.inserted)
    return values


def _proposed_values(event: Proposed) -> Sequence[_Value]:
    return [
        event.request,
        event.proposal,
        event.text,
        event.model,
        event.logprob_mean,
        event.latency_ms,
        event.tokens_prompt,
        event.tokens_evaluated,
        event.tokens_written,
        event.reason,
    ]


def _parsed(kind: str, body: bytes) -> list[object]:
    try:
        values: object = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"the body of a logged {kind} event is not JSON") from _without(error)
    if not isinstance(values, list):
        raise InputError(f"the body of a logged {kind} event is not an array")
    return values


def _without(error: Exception) -> Exception:
    """`error` by its class alone: a parser's error keeps what it parsed as an attribute."""
    return ValueError(type(error).__name__)


class _Body:
    """The values of one body, taken by place and type."""

    __slots__ = ("_kind", "_values")

    def __init__(self, kind: str, values: list[object]) -> None:
        self._kind = kind
        self._values = values

    def sized(self, length: int) -> None:
        if len(self._values) != length:
            raise self.wrong()

    def __len__(self) -> int:
        return len(self._values)

    def integer(self, place: int) -> int:
        value = self._values[place]
        if type(value) is not int:
            raise self.wrong()
        return value

    def real(self, place: int) -> float:
        value = self._values[place]
        try:
            return value if type(value) is float else float(self.integer(place))
        except OverflowError as error:
            raise self.wrong() from error

    def text(self, place: int) -> str:
        value = self._values[place]
        if type(value) is not str:
            raise self.wrong()
        return value

    def edits(self, first: int, end: int) -> tuple[Edit, ...]:
        edits: list[Edit] = []
        for place in range(first, end, 3):
            start, deleted = self.integer(place), self.integer(place + 1)
            if start < 0 or deleted < 0:
                raise self.wrong()
            edits.append(Edit(start, start + deleted, self.text(place + 2)))
        return tuple(edits)

    def member(self, place: int, members: Sequence[_E]) -> _E:
        number = self.integer(place)
        if not 0 <= number < len(members):
            raise self.wrong()
        return members[number]

    def wrong(self) -> InputError:
        return InputError(f"the body of a logged {self._kind} event has the wrong values")


def _opened(body: _Body, at_ms: int, doc: str, text: str) -> Event:
    body.sized(2)
    return Opened(at_ms, doc, body.text(0), body.integer(1), text)


def _edited(body: _Body, at_ms: int, doc: str, _text: str) -> Event:
    spare = (len(body) - 2) % 3
    if len(body) < 2 or spare > 1:
        raise body.wrong()
    proposal = body.text(len(body) - 1) if spare else ""
    edits = body.edits(2, len(body) - spare)
    origin = body.member(1, _ORIGINS)
    return Edited(at_ms, doc, body.integer(0), edits, origin, proposal)


def _cursor_moved(body: _Body, at_ms: int, doc: str, _text: str) -> Event:
    body.sized(2)
    return CursorMoved(at_ms, doc, body.integer(0), body.integer(1))


def _focused(body: _Body, at_ms: int, doc: str, _text: str) -> Event:
    body.sized(0)
    return Focused(at_ms, doc)


def _saved(body: _Body, at_ms: int, doc: str, _text: str) -> Event:
    body.sized(0)
    return Saved(at_ms, doc)


def _head_moved(body: _Body, at_ms: int, _doc: str, _text: str) -> Event:
    if len(body) == 1:  # as schema 1 wrote it
        return HeadMoved(at_ms, body.text(0))
    body.sized(4)
    return HeadMoved(at_ms, body.text(0), body.text(1), body.text(2), body.member(3, _MOVES))


def _committed(body: _Body, at_ms: int, doc: str, text: str) -> Event:
    body.sized(1)
    return Committed(at_ms, doc, body.text(0), text)


def _imported(body: _Body, at_ms: int, doc: str, text: str) -> Event:
    if len(body) < 3 or len(body) % 3:
        raise body.wrong()
    language, commit, made_ms = body.text(0), body.text(1), body.integer(2)
    return Imported(at_ms, doc, language, commit, made_ms, text, body.edits(3, len(body)))


def _renamed(body: _Body, at_ms: int, doc: str, _text: str) -> Event:
    if len(body) == 1:  # somebody said so
        return Renamed(at_ms, doc, body.text(0))
    body.sized(2)
    return Renamed(at_ms, doc, body.text(0), body.real(1))


def _marked(body: _Body, at_ms: int, _doc: str, _text: str) -> Event:
    body.sized(1)
    return Marked(at_ms, body.member(0, _MARKS))


def _closed(body: _Body, at_ms: int, doc: str, _text: str) -> Event:
    body.sized(0)
    return Closed(at_ms, doc)


def _requested(body: _Body, at_ms: int, doc: str, _text: str) -> Event:
    body.sized(4)
    trigger = body.member(3, _TRIGGERS)
    return Requested(at_ms, body.text(0), doc, body.integer(1), body.integer(2), trigger)


def _proposed(body: _Body, at_ms: int, _doc: str, _text: str) -> Event:
    body.sized(10)
    return Proposed(
        at_ms,
        request=body.text(0),
        proposal=body.text(1),
        text=body.text(2),
        model=body.text(3),
        logprob_mean=body.real(4),
        latency_ms=body.real(5),
        tokens_prompt=body.integer(6),
        tokens_evaluated=body.integer(7),
        tokens_written=body.integer(8),
        reason=body.text(9),
    )


def _outcome(body: _Body, at_ms: int, _doc: str, _text: str) -> Event:
    body.sized(3)
    return Outcome(at_ms, body.text(0), body.member(1, _OUTCOMES), body.integer(2))


_READERS: Final[dict[str, Callable[[_Body, int, str, str], Event]]] = {
    Opened.kind: _opened,
    Edited.kind: _edited,
    CursorMoved.kind: _cursor_moved,
    Focused.kind: _focused,
    Saved.kind: _saved,
    HeadMoved.kind: _head_moved,
    Committed.kind: _committed,
    Imported.kind: _imported,
    Renamed.kind: _renamed,
    Marked.kind: _marked,
    Closed.kind: _closed,
    Requested.kind: _requested,
    Proposed.kind: _proposed,
    Outcome.kind: _outcome,
}
