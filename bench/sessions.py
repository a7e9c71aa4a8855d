"""Editing sessions as events with a request after every insert: recorded ones, and made ones.

Left out: what is measured on them (`bench.gaps`).

A made session has what a day of editing has: bursts of typing with line breaks and slips, jumps
to other places and other files, pastes, selections that go, brackets that close themselves,
several cursors, formatters on save, pauses. The same seed makes the same session.

Rules
 - Texts stay as long as they are, so that what a key costs late can be compared with early.
 - Events are made when somebody takes them: a list of a million of them would slow the collector
   of garbage down, and with it what is measured.
"""

from __future__ import annotations

import gzip
import random
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from echo_core import limits
from echo_core.gaps.origins import Origins
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Opened,
    Origin,
    Requested,
    Trigger,
)
from echo_core.records.trace import TraceClose, TraceCursor, TraceEdit, TraceOpen, parse
from echo_core.text.edits import Edit, apply_all

FILES: Final = 12
FILE_CHARS: Final = 40_000
BURST_KEYS: Final = 40  # in the mean
KEY_MS: Final = 180  # in the mean
LOWER: Final = string.ascii_lowercase + "     ____"


def of_trace(path: Path) -> Iterator[Event]:
    """A recorded session. Its origins are inferred, as they are live."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    texts: dict[str, str] = {}
    rules: dict[str, Origins] = {}
    requests = 0
    for line in parse(data.decode().split("\n")):
        match line:
            case TraceOpen():
                texts[line.doc], rules[line.doc] = line.text, Origins()
                yield Opened(line.t_ms, line.doc, line.language, 1, line.text)
            case TraceEdit():
                origin = rules[line.doc].take(texts[line.doc], line.edits)
                texts[line.doc] = apply_all(texts[line.doc], line.edits)
                yield Edited(line.t_ms, line.doc, 1, line.edits, origin)
                if line.edits and line.edits[-1].inserted:
                    requests += 1
                    yield _asked(line.t_ms, requests, line.doc, line.edits[-1].end_after)
            case TraceCursor():
                yield CursorMoved(line.t_ms, line.doc, line.anchor, line.head)
            case TraceClose():
                yield Closed(line.t_ms, line.doc)
            case _:
                pass


def made(edits: int, seed: int) -> Iterator[Event]:
    """A session of at least `edits` edits, the last burst to its end."""
    return _Made(seed).events(edits)


def one_burst(keys: int) -> Iterator[Event]:
    """Fast typing in one place: with `keys` below the limit, all its gaps are alive at its end."""
    chance = random.Random(keys)
    doc, text = "file:///made/burst.py", _code(chance)
    at = len(text) // 2
    yield Opened(0, doc, "python", 1, text)
    for number in range(keys):
        now = number * limits.GAP_LIFETIME_MS // limits.GAPS_LIVE_MAX
        key = _word(chance, 1) if number % 40 else "\n"
        yield Edited(now, doc, 1, (Edit(at, at, key),), Origin.TYPED)
        at += 1
        yield _asked(now, number, doc, at)
    yield Closed(now, doc)


def _code(chance: random.Random) -> str:
    lines: list[str] = []
    while sum(map(len, lines)) < FILE_CHARS:
        indent = "    " * chance.randint(0, 3)
        lines.append(indent + _word(chance, chance.randint(4, 60)) + "\n")
    return "".join(lines)


def _word(chance: random.Random, chars: int) -> str:
    return "".join(chance.choices(LOWER, k=chars))


def _asked(at_ms: int, number: int, doc: str, offset: int) -> Requested:
    return Requested(at_ms, f"r{number}", doc, 1, offset, Trigger.AUTOMATIC)


class _Made:
    """A person who types for as long as it takes."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._texts = {f"file:///made/{number}.py": _code(self._chance) for number in range(FILES)}
        self._doc = next(iter(self._texts))
        self._at = 0
        self._now = 0
        self._edits = 0
        self._requests = 0

    def events(self, edits: int) -> Iterator[Event]:
        for doc, text in self._texts.items():
            yield Opened(0, doc, "python", 1, text)
        while self._edits < edits:
            yield from self._jump()
            yield from self._burst()
        for doc in self._texts:
            yield Closed(self._now, doc)

    def _word(self, chars: int) -> str:
        return _word(self._chance, chars)

    def _jump(self) -> Iterator[Event]:
        """To another place, with a pause; one in five times in another file."""
        self._now += int(self._chance.expovariate(1 / 4000))
        if self._chance.random() < 0.2:
            self._doc = self._chance.choice(list(self._texts))
        text = self._texts[self._doc]
        line_end = text.find("\n", self._chance.randrange(len(text)))
        self._at = len(text) if line_end < 0 else line_end
        yield CursorMoved(self._now, self._doc, self._at, self._at)
        if self._chance.random() < 0.1:  # all at once elsewhere: a formatter, a rename
            places = sorted(self._chance.sample(range(len(text)), 6), reverse=True)
            yield self._edit([Edit(at, at + 1, "  ") for at in places], Origin.AUTOMATIC)
        if len(text) > FILE_CHARS:
            start = max(0, self._at - (len(text) - FILE_CHARS))
            yield self._edit([Edit(start, self._at, "")], Origin.TYPED)
            self._at = start

    def _burst(self) -> Iterator[Event]:
        for _ in range(1 + int(self._chance.expovariate(1 / BURST_KEYS))):
            self._now += 20 + int(self._chance.expovariate(1 / KEY_MS))
            kind = self._chance.random()
            if kind < 0.08 and self._at:  # a slip
                yield self._edit([Edit(self._at - 1, self._at, "")], Origin.TYPED)
                self._at -= 1
            elif kind < 0.09:
                start = max(0, self._at - self._chance.randint(2, 60))
                yield self._edit([Edit(start, self._at, "")], Origin.TYPED)
                self._at = start
            elif kind < 0.10:
                yield from self._insert(self._word(200), Origin.PASTED)
            elif kind < 0.14:
                yield from self._insert("\n    ", Origin.TYPED)
            elif kind < 0.17:  # a bracket that closes itself: the cursor is between the two
                yield from self._insert("()", Origin.TYPED, 1)
            elif kind < 0.18 and self._at > 1000:  # a second cursor, far before the first
                far = self._at - 900
                key = self._word(1)
                edits = [Edit(self._at, self._at, key), Edit(far, far, key)]
                yield self._edit(edits, Origin.AUTOMATIC)
                self._at += 2
                yield self._ask()
            else:
                yield from self._insert(self._word(1), Origin.TYPED)

    def _insert(self, text: str, origin: Origin, cursor: int | None = None) -> Iterator[Event]:
        yield self._edit([Edit(self._at, self._at, text)], origin)
        self._at += len(text) if cursor is None else cursor
        yield self._ask()

    def _ask(self) -> Event:
        self._requests += 1
        return _asked(self._now, self._requests, self._doc, self._at)

    def _edit(self, edits: list[Edit], origin: Origin) -> Event:
        text = self._texts[self._doc]
        for edit in edits:
            text = text[: edit.start] + edit.inserted + text[edit.end :]
        self._texts[self._doc] = text
        self._edits += len(edits)
        return Edited(self._now, self._doc, 1, tuple(edits), origin)
