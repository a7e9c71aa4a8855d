"""Samples as many people would send them, made of real code, as rows of a lake.

The code is this machine's Python library and C headers. Each pseudonym of a made-up team works on a
few files of it, in which it calls some things by its own names. A sample is a place in such a file:
what stands there is the target, up to 8,192 characters before it are the prefix and up to 4,096
behind it the suffix. Of a hundred samples

    24  teach silence                                      (what idle requests leave)
    22  are short: a bracket, a name, a call's end
    48  are the rest of a line, up to three lines
     6  are longer
    20  are asked for a few keys later in the same gap     (nested)
     5  are another pseudonym's, word for word or nearly   (copies of the same public file)
     2  come from one pseudonym that wants a share

Left out: sealing and opening, which is measured apart (`bench.intake`, and `--opening` here).

Rules
 - Everything is drawn by a seed. Keys, days, zones and qualities are drawn evenly.
"""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import pyarrow as pa

from echo_core.limits import SAMPLE_PREFIX_CHARS_MAX, SAMPLE_SUFFIX_CHARS_MAX
from echo_trainer.lake.cells import Cells, Texts
from echo_trainer.lake.samples import SCHEMA, key_of

PER_PERSON: Final = 120  # samples of a week, of somebody who writes code every day
_CHUNK_ROWS: Final = 20_000
_FILES: Final = 400
_FILE_CHARS: Final = (4_000, 60_000)
_OWN_NAMES: Final = 12
_WORDS: Final = ("self", "value", "name", "result", "data", "path", "size", "index", "item", "key")
_DAYS: Final = tuple(f"2026-11-{day:02}" for day in range(1, 29))


def sources() -> list[tuple[str, str]]:
    """Language and text of files of this machine's Python and C headers."""
    roots = (("python", "stdlib", "**/*.py"), ("c", "include", "**/*.h"))
    found = []
    for language, name, pattern in roots:
        paths = sorted(Path(sysconfig.get_path(name)).glob(pattern))
        for path in paths:
            if "site-packages" in path.parts or "test" in path.parts:
                continue
            text = path.read_text(encoding="utf-8", errors="ignore")
            if _FILE_CHARS[0] <= len(text) <= _FILE_CHARS[1]:
                found.append((language, text))
    return found


@dataclass
class Team:
    """Everybody who sends, and what they work on."""

    seed: int
    people: int
    _files: list[tuple[str, str]] = field(default_factory=list)
    _last: tuple[str, Texts] | None = None
    _shared: list[tuple[str, Texts]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        files = sources()
        self._files = [self._draw.choice(files) for _ in range(_FILES)]

    def pseudonym(self, number: int) -> str:
        """The public key that stands for somebody."""
        return sha256(f"{self.seed} {number}".encode()).hexdigest()

    def chunks(self, samples: int, keys: dict[str, bytes], cells: Cells) -> Iterator[pa.Table]:
        """So many samples as rows, some thousands at a time, each pseudonym's side by side."""
        rows: list[dict[str, object]] = []
        made = 0
        while made < samples:
            person = 0 if self._draw.random() < 0.02 else self._draw.randrange(1, self.people)
            count = min(samples - made, self._draw.randint(20, 64))  # a bundle
            for language, texts in self._bundle(person, count):
                rows.append(self._row(self.pseudonym(person), made, language, texts, keys, cells))
                made += 1
            if len(rows) >= _CHUNK_ROWS or made == samples:
                yield pa.Table.from_pylist(rows, schema=SCHEMA)
                rows = []

    def _bundle(self, person: int, count: int) -> Iterator[tuple[str, Texts]]:
        language, text = self._files[(person * 7 + self._draw.randrange(3)) % len(self._files)]
        for at in range(_OWN_NAMES):
            own = sha256(f"{person} {at}".encode()).hexdigest().translate(_LETTERS)[:8]
            text = text.replace(_WORDS[at % len(_WORDS)], f"{own}_", 3 + at)
        for _ in range(count):
            kind = self._draw.random()
            if kind < 0.05 and self._shared:
                made = self._draw.choice(self._shared)
            elif kind < 0.25 and self._last is not None:
                made = _later(self._last, self._draw.randint(1, 4))
            else:
                made = language, self._at(text)
                if self._draw.random() < 0.02:
                    self._shared = [*self._shared[-500:], made]
            self._last = made
            yield made

    def _at(self, text: str) -> Texts:
        start = self._draw.randrange(len(text))
        kind = self._draw.random()
        if kind < 0.24:
            end = start
        elif kind < 0.46:
            end = start + self._draw.randint(1, 11)
        else:
            end = start
            for _ in range(self._draw.randint(1, 3) if kind < 0.94 else self._draw.randint(5, 12)):
                at = text.find("\n", end + 1)
                end = at if at >= 0 else len(text)
        return Texts(
            text[max(0, start - SAMPLE_PREFIX_CHARS_MAX) : start],
            text[start:end][:4096],
            text[end : end + SAMPLE_SUFFIX_CHARS_MAX],
        )

    def _row(
        self,
        person: str,
        number: int,
        language: str,
        texts: Texts,
        keys: dict[str, bytes],
        cells: Cells,
    ) -> dict[str, object]:
        key = key_of(person, f"{number:032x}")
        return {
            "key": key,
            "contributor": person,
            "week": "2026-W47",
            "day": self._draw.choice(_DAYS),
            "language": language,
            "quality": self._draw.randint(400, 1000),
            "zone": self._draw.choice(("", "", "easy", "middle", "wild")),
            "survived": self._draw.choice((-1, 0, 600, 1000)),
            "digest": sha256(key.encode()).hexdigest(),
            "cell": cells.close(texts, key, keys[person]),
        }


_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")


def _later(last: tuple[str, Texts], keys: int) -> tuple[str, Texts]:
    """The same gap a few keys later."""
    language, texts = last
    typed = texts.target[:keys]
    return language, Texts(texts.prefix + typed, texts.target[keys:], texts.suffix)
