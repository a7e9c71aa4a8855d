"""Typing sessions: statements taken out of real files and typed again, key by key.

Left out: who is asked at each key (`bench.sides`), the texts (`bench.texts`).

Rules
 - A session is data, made before anything is measured: both sides get the very same keys.
 - The same seed makes the same session.
 - A place ends with the file's own text: what was removed is typed again, all of it.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.texts import Source
from echo_core.text.document import Text
from echo_core.text.edits import Edit

KEY_MS_MEAN: Final = 180.0  # between two keys; 65 words a minute
KEY_SIGMA: Final = 0.5  # of the logarithm: the middle half lies between 113 and 222 ms
LINE_MS_MEAN: Final = 900.0  # before the first key of a line, on top: people think there
PLACE_MS_MEAN: Final = 1500.0  # after a deletion, before anything is typed
# From a click to the key that follows it: the mental operator M of the keystroke-level model
# (Card, Moran, Newell, 1980).
REST_MS_MEAN: Final = 1350.0
LINE_CHARS_MIN: Final = 16  # of a line that is worth typing again
LINE_CHARS_MAX: Final = 90
BLOCK_SHARE: Final = 0.3  # of the places are two lines long
NOT_CODE = re.compile(r"\s*(?:#|//|\*|/\*|\"\"\"|''')")


@dataclass(frozen=True, slots=True)
class Key:
    """One key: an edit, the time since the key before it, and whether a completion is asked for."""

    edit: Edit
    wait_ms: float
    asks: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is removed (the first key) and typed again (the others).

    The cursor comes to `arrives_at`, rests there for `rest_ms`, and then the first key is struck.
    """

    arrives_at: int
    rest_ms: float
    keys: tuple[Key, ...]

    @property
    def start(self) -> int:
        """Where what is removed began."""
        return self.keys[0].edit.start


@dataclass(frozen=True, slots=True)
class Session:
    """What happens in one file."""

    source: Source
    places: tuple[Place, ...]

    @property
    def keys(self) -> Iterator[Key]:
        """All keys in their order."""
        return (key for place in self.places for key in place.keys)

    def end_text(self) -> str:
        """The text after the last key."""
        text = self.source.text
        for key in self.keys:
            text = text[: key.edit.start] + key.edit.inserted + text[key.edit.end :]
        return text


def sessions(
    sources: Sequence[Source], keys: int, seed: int, used: Sequence[Container[int]] = ()
) -> list[Session]:
    """A session for each source, with about `keys` keys in all that ask for a completion.

    `used` are starts of places, for each source, that are not to be taken again.
    """
    share = math.ceil(keys / len(sources))
    return [
        _session(
            source,
            share,
            random.Random(f"{seed} {source.name}"),
            used[number] if used else frozenset(),
        )
        for number, source in enumerate(sources)
    ]


def _session(source: Source, keys: int, chance: random.Random, used: Container[int]) -> Session:
    lines = Text(source.text)
    candidates = [at for at in range(lines.line_count) if _typable(_line(lines, at))]
    typable = frozenset(candidates)
    chance.shuffle(candidates)
    places: list[Place] = []
    left = keys
    taken: set[int] = set()
    for at in candidates:
        if left <= 0:
            break
        count = 2 if chance.random() < BLOCK_SHARE and at + 1 in typable else 1
        if taken & set(range(at - 2, at + count + 2)):
            continue  # a place of its own, not a part of another
        place = _place(lines, at, count, left, chance)
        if place.start in used:
            continue
        taken |= set(range(at, at + count))
        places.append(place)
        left -= sum(key.asks for key in place.keys)
    return Session(source, tuple(places))


def _line(text: Text, at: int) -> str:
    return text.content[text.line_start(at) : text.line_end(at)]


def _typable(line: str) -> bool:
    return LINE_CHARS_MIN <= len(line.strip()) <= LINE_CHARS_MAX and not NOT_CODE.match(line)


def _place(text: Text, at: int, count: int, keys: int, chance: random.Random) -> Place:
    """Remove `count` lines from behind their indentation, and type them; ask at most `keys` times.

    What is left when the keys are used up comes in one edit that asks for nothing.
    """
    line = _line(text, at)
    start = text.line_start(at) + len(line) - len(line.lstrip())
    end = text.line_end(at + count - 1)
    removed = text.content[start:end]
    typed = [Key(Edit(start, end, ""), _around(PLACE_MS_MEAN, chance))]
    begins_line = True
    offset = 0
    while offset < len(removed):
        if len(typed) >= keys:
            rest = Edit(start + offset, start + offset, removed[offset:])
            typed.append(Key(rest, _around(KEY_MS_MEAN, chance), asks=False))
            break
        struck = _struck(removed, offset)
        wait_ms = _around(KEY_MS_MEAN, chance)
        if begins_line:
            wait_ms += _around(LINE_MS_MEAN, chance)
        begins_line = struck[0] in "\r\n"
        typed.append(Key(Edit(start + offset, start + offset, struck), wait_ms))
        offset += len(struck)
    return Place(end, _around(REST_MS_MEAN, chance), tuple(typed))


def _struck(text: str, at: int) -> str:
    """What one key brings in: a character, or a line's end with the indentation of the next."""
    if text[at] not in "\r\n":
        return text[at]
    found = re.compile(r"(?:\r\n|\r|\n)[ \t]*").match(text, at)
    return found.group() if found else text[at]


def _around(mean_ms: float, chance: random.Random) -> float:
    """A log-normal time with this mean."""
    return chance.lognormvariate(math.log(mean_ms) - KEY_SIGMA**2 / 2, KEY_SIGMA)
