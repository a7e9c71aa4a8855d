"""A short session over a file of Echo itself, made up: bodies are removed and written again.

Used by `echoctl demo`, which needs real input that every installation has. The text is real, the
rhythm is drawn: log-normal times between keys, a pause at the start of each line and after some
words, a few typing errors that are taken back. The same source and seed give the same trace.

Left out: playing it (`echo_daemon.replay.typist`).

Rules
 - The trace ends in the file's own text.
 - Whole bodies of functions are removed, below their docstring; of longer ones whole statements.
 - A line break comes with the next line's indentation, as editors insert it.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from echo_core.errors import InputError
from echo_core.records import trace
from echo_core.text.document import Text
from echo_core.text.edits import Edit, apply

PACKAGE: Final = "echo_core.showing"
MODULE: Final = "metrics.py"  # short, so that the first prompt at each place is cheap
DOC: Final = f"{PACKAGE.replace('.', '/')}/{MODULE}"

PLACES_MAX: Final = 7  # each costs a cold suffix: about a second on two slow cores
BODY_LINES_MAX: Final = 3  # a longer body is written again statement by statement
PLACE_LINES_MAX: Final = 8
PLACE_CHARS_MIN: Final = 24  # less is written faster than any proposal is read

KEY_MS_MEDIAN: Final = 130.0  # about 60 words a minute
KEY_SIGMA: Final = 0.35  # of the logarithm: most keys between 90 and 190 ms
KEY_MS_MAX: Final = 280  # below the plan's PAUSE_MS: rhythm alone asks for nothing
THINK_MS_MEDIAN: Final = 650.0
THINK_MS_MIN: Final = 350
WORD_PAUSE_SHARE: Final = 0.12  # of the words, those that are followed by a thought
TYPO_SHARE: Final = 0.02  # of the letters inside words
WORD_CHARS_SURE: Final = 3  # how much of a word is typed before a finger slips
SEED: Final = 4  # one in which a finger slips
MOVE_MS: Final = 2500  # to find the next place

_NEIGHBOURS: Final = "qwertyuiopasdfghjklzxcvbnm"


@dataclass(frozen=True, slots=True)
class Place:
    """What is removed and written again: `[start, end)` of the text, in code points."""

    start: int  # at the end of the line above
    end: int  # at the end of its last line


def installed_source() -> str:
    """The text of the file over which the demonstration runs."""
    return resources.files(PACKAGE).joinpath(MODULE).read_text(encoding="utf-8")


def places(source: str) -> list[Place]:
    """Bodies and statements that a session may remove, from top to bottom.

    Raises:
        InputError: the source is not Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise InputError("the source of a demonstration session must be Python") from error
    text = Text(source)
    found: list[Place] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        for part in _parts(body):
            place = _place(text, node.lineno, part)
            if place is not None:
                found.append(place)
    found.sort(key=lambda place: place.start)
    apart: list[Place] = []
    for place in found:  # a function inside another one goes with it
        if not apart or place.start >= apart[-1].end:
            apart.append(place)
    return apart[:PLACES_MAX]


def _parts(body: Sequence[ast.stmt]) -> list[Sequence[ast.stmt]]:
    """A short body as it is, a longer one statement by statement."""
    if not body:
        return []
    lines = (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1
    return [body] if lines <= BODY_LINES_MAX else [[each] for each in body]


def _place(text: Text, def_line: int, body: Sequence[ast.stmt]) -> Place | None:
    if not body or body[0].lineno <= def_line:
        return None
    first, last = body[0].lineno - 1, (body[-1].end_lineno or body[-1].lineno) - 1
    place = Place(text.line_end(first - 1), text.line_end(last))
    fits = last - first < PLACE_LINES_MAX and place.end - place.start >= PLACE_CHARS_MIN
    return place if fits else None


def place_starts(lines: Iterable[trace.TraceLine]) -> list[int]:
    """When each place of a session is turned to, in trace time."""
    return [line.t_ms for line in lines if isinstance(line, trace.TraceCursor)]


def session(
    source: str, *, doc: str = DOC, seed: int = SEED, places_max: int = PLACES_MAX
) -> list[trace.TraceLine]:
    """The trace of one session over `source`, in the first `places_max` of its places.

    Raises:
        InputError: the source is not Python, or has no body that could be written again.
    """
    chosen = places(source)[:places_max]
    if not chosen:
        raise InputError("the source has no function body that a session could write again")
    return list(_Session(source, doc, seed).lines(chosen))


class _Session:
    """A person at the keyboard, drawn from a seed."""

    def __init__(self, source: str, doc: str, seed: int) -> None:
        self._source = source
        self._text = source
        self._doc = doc
        self._random = random.Random(seed)
        self._t_ms = 0

    def lines(self, chosen: Sequence[Place]) -> Iterator[trace.TraceLine]:
        """The whole session; each place is restored before the next, so that offsets hold."""
        yield trace.TraceOpen(0, self._doc, "python", self._source)
        yield trace.TraceFocus(0, self._doc)
        for place in chosen:
            self._t_ms += MOVE_MS
            yield trace.TraceCursor(self._t_ms, self._doc, place.start, place.end)
            self._t_ms += MOVE_MS // 4
            yield self._edit(Edit(place.start, place.end, ""))
            self._think()
            yield from self._write(place.start, self._source[place.start : place.end])
        self._t_ms += MOVE_MS
        yield trace.TraceSave(self._t_ms, self._doc)
        yield trace.TraceClose(self._t_ms, self._doc, self._text)

    def _write(self, at: int, text: str) -> Iterator[trace.TraceLine]:
        previous, in_word = "", 0
        for key in _keys(text):
            if previous.isspace() and self._pauses(previous):
                self._think()
            else:
                self._next_key()
            in_word = in_word + 1 if key.isalpha() else 0
            if in_word > WORD_CHARS_SURE and self._random.random() < TYPO_SHARE:
                yield from self._typo(at, key)
            yield self._edit(Edit(at, at, key))
            at += len(key)
            previous = key

    def _typo(self, at: int, key: str) -> Iterator[trace.TraceLine]:
        wrong = self._random.choice([char for char in _NEIGHBOURS if char != key.lower()])
        yield self._edit(Edit(at, at, wrong))
        self._next_key()
        yield self._edit(Edit(at, at + 1, ""))
        self._next_key()

    def _edit(self, edit: Edit) -> trace.TraceEdit:
        self._text = apply(self._text, edit)
        return trace.TraceEdit(self._t_ms, self._doc, (edit,))

    def _pauses(self, key: str) -> bool:
        return "\n" in key or self._random.random() < WORD_PAUSE_SHARE

    def _next_key(self) -> None:
        drawn = self._random.lognormvariate(0.0, KEY_SIGMA) * KEY_MS_MEDIAN
        self._t_ms += min(KEY_MS_MAX, max(1, round(drawn)))

    def _think(self) -> None:
        drawn = self._random.lognormvariate(0.0, KEY_SIGMA) * THINK_MS_MEDIAN
        self._t_ms += max(THINK_MS_MIN, round(drawn))


def _keys(text: str) -> Iterator[str]:
    """`text` as it is typed: one character a key, a line break with the indentation it brings."""
    at = 0
    while at < len(text):
        end = at + 1
        if text[at] == "\n":
            while end < len(text) and text[end] in " \t":
                end += 1
        yield text[at:end]
        at = end
