"""Gaps cut into real code, and gaps that were mined: what truncation is measured on.

Left out: who judges a cut (`bench.judges`), what is measured (`bench.truncate`).

Rules
 - The same code and seed give the same holes.
 - Where a hole is cut: before a line's text; inside a line; between two brackets of one line; or as
   the first, with the last line broken off at a random column, as somebody who is still typing.
 - A file's own text says where its units end. A mined sample has only its window.
"""

from __future__ import annotations

import os
import random
import sysconfig
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import sessions
from bench.corpus import LANGUAGES, Source
from echo_core import limits
from echo_core.experience.foreign import is_made, is_minified, says_made
from echo_core.experience.mining import Experience
from echo_daemon.git.program import GitProgram
from echo_daemon.past import history

LINES_MAX: Final = 40  # of a target
FILE_CHARS_MIN: Final = 300
FILE_CHARS_MAX: Final = 200_000
FILES_MAX: Final = 4000  # of one folder, chosen by the seed
SUFFIXES: Final = {**LANGUAGES, ".h": "c"}  # headers are C's or C++'s; here they are read as C
READ: Final = frozenset(SUFFIXES.values())
WAYS: Final = ("line", "line", "inside", "brackets", "typing")


@dataclass(frozen=True, slots=True)
class Hole:
    """A gap and what was kept in it. `text` is what the judge reads, `start` where the hole is."""

    way: str
    source: Source
    prefix: str
    target: str
    suffix: str
    start: int
    rest: int  # where the text goes on behind it


def folders() -> list[Path]:
    """Python's own library, what is installed for it, and C's headers: code of this machine."""
    paths = sysconfig.get_paths()
    known = [Path(paths["stdlib"]), Path(paths["purelib"]), Path("/usr/include")]
    return [folder for folder in known if folder.is_dir()]


def read(folder: Path, seed: int, files_max: int = FILES_MAX) -> list[Source]:
    """The code below `folder`; each folder in it is a package."""
    found: list[Path] = []
    for place, inner, names in os.walk(folder):
        inner[:] = sorted(name for name in inner if name not in ("site-packages", "__pycache__"))
        found += [Path(place, name) for name in sorted(names) if Path(name).suffix in SUFFIXES]
    random.Random(seed).shuffle(found)
    made = (_source(folder, path) for path in found[:files_max])
    return [source for source in made if source is not None]


def _source(folder: Path, path: Path) -> Source | None:
    below = path.relative_to(folder)
    name = below.as_posix()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    made = is_made(name) or is_minified(name) or says_made(text)
    if made or not FILE_CHARS_MIN <= len(text) <= FILE_CHARS_MAX:
        return None
    package = below.parts[0] if len(below.parts) > 1 else folder.name
    return Source(SUFFIXES[path.suffix], package, name, text)


def cut(source: Source, chance: random.Random, way: str) -> Hole | None:
    """A hole in `source`; None where there is no place of this way."""
    lines = source.text.split("\n")
    row = chance.randrange(len(lines))
    line = lines[row]
    start = sum(len(each) + 1 for each in lines[:row])
    indent = len(line) - len(line.lstrip())
    if way == "brackets":
        return _between(source, line, start, chance)
    rows = min(chance.randint(1, LINES_MAX), len(lines) - row)
    end = start + sum(len(each) + 1 for each in lines[row : row + rows]) - 1
    if way == "inside":
        if indent + 1 >= len(line):
            return None
        return _hole(source, way, start + chance.randrange(indent + 1, len(line)), end)
    if way == "typing":
        last = lines[row + rows - 1]
        typed = _between_words(source.text, end - len(last) + chance.randrange(len(last) + 1))
        return _hole(source, way, start + indent, typed, end)
    return _hole(source, way, start + indent, end)


def _between_words(text: str, at: int) -> int:
    """Back to where no word is cut: who leaves one half has left nothing that could be seen."""
    while at and at < len(text) and text[at - 1].isalnum() and text[at].isalnum():
        at -= 1
    return at


def _between(source: Source, line: str, start: int, chance: random.Random) -> Hole | None:
    openers = [at for at, char in enumerate(line) if char in "([{"]
    if not openers:
        return None
    first = chance.choice(openers) + 1
    depth = 1
    for at in range(first, len(line)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(line[at], 0)
        if not depth:
            return _hole(source, "brackets", start + first, start + at)
    return None


def _hole(source: Source, way: str, start: int, end: int, rest: int | None = None) -> Hole | None:
    """`rest`: where the text goes on behind the hole, if not at its end."""
    target = source.text[start:end]
    if not target.strip() or len(target) > limits.GAP_CHARS_MAX:
        return None
    after = end if rest is None else rest
    prefix = source.text[max(0, start - limits.SAMPLE_PREFIX_CHARS_MAX) : start]
    suffix = source.text[after : after + limits.SAMPLE_SUFFIX_CHARS_MAX]
    return Hole(way, source, prefix, target, suffix, start, after)


def holes(sources: list[Source], count: int, seed: int) -> Iterator[Hole]:
    """`count` holes, one file after the other until there are enough."""
    chance = random.Random(seed)
    made = tries = 0
    while sources and made < count and tries < 20 * count:
        hole = cut(sources[tries % len(sources)], chance, WAYS[tries % len(WAYS)])
        tries += 1
        if hole is not None:
            made += 1
            yield hole


def of_trace(path: Path) -> Iterator[Hole]:
    """What is mined of a recorded session."""
    experience = Experience()
    for event in sessions.of_trace(path):
        for mined in experience.feed(event):
            kept = mined.sample
            if kept is not None and not kept.is_void:
                text = kept.prefix + kept.target + kept.suffix
                source = Source(kept.language, path.name, kept.doc, text)
                start, end = len(kept.prefix), len(kept.prefix) + len(kept.target)
                yield Hole("trace", source, kept.prefix, kept.target, kept.suffix, start, end)


async def of_history(root: Path) -> AsyncGenerator[Hole, None]:
    """What is mined of a repository's history: each hunk of each commit."""
    commits = history.commits(GitProgram(), root, history.Wanted())
    async with aclosing(commits) as listed:
        async for commit in listed:
            for change in commit.changes:
                for edit in change.edits:
                    text = change.text[: edit.start] + edit.inserted + change.text[edit.end :]
                    source = Source(change.language, root.name, change.path, text)
                    hole = _hole(source, "history", edit.start, edit.start + len(edit.inserted))
                    if hole is not None:
                        yield hole
