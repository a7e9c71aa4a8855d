"""Void conflicts in real code: silence where code is needed, code where nothing is; by a model.

At each place one case agrees with what its file holds there and one does not. Both are judged as a
sample is (`echo_core.judging.checks.boundary`): by the parser's word for the place, and a model's
for whether the text ends there.

Left out: comments, in which no model is asked (`bench.trials`); running (`bench.verify`).

Rules
 - What a file holds is the truth: at an end of a line, or between two tokens of a line, nothing is
   missing; where a rest of a line, arguments or a body was taken out, something is. People write on
   behind finished lines all day, so that the first of these truths is one of many.
 - A conflict counts as found where the sample is dropped. That nothing was kept is also dropped
   where it cannot be told; how often a conflict was *said* is counted besides.
 - The same seed and code give the same places; languages and kinds take turns.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench import cuts
from bench.corpus import Source
from echo_core.gaps.life import Break
from echo_core.judging.checks.boundary import Life, Place
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_daemon.checking.judges import Judges
from echo_daemon.distilling.api import Around, Matter
from echo_daemon.distilling.asking import Asking
from echo_daemon.structure.grammars import Grammars

TRIES_MAX: Final = 400  # for one place
LINE_CHARS_MIN: Final = 8  # shorter lines are closers
_SILENT: Final = ("finished_line", "between_tokens")
_NEEDED: Final = ("rest_of_line", "arguments", "body")
KINDS: Final = tuple(zip(_SILENT * 3, _NEEDED * 2, strict=True))
_WORD = re.compile(r"\w")
_SAID: Final = frozenset({Cause.CODE_WHERE_SILENCE, Cause.SILENCE_WHERE_CODE})


@dataclass(frozen=True, slots=True)
class Spot:
    """A place, with what agrees with its file and what does not."""

    kind: str
    language: str
    right: Case
    wrong: Case

    @property
    def silent(self) -> bool:
        """Whether nothing is needed there."""
        return self.kind in _SILENT


def spots(sources: Sequence[Source], languages: Sequence[str], count: int, seed: int) -> list[Spot]:
    """`count` places of each language, half of them silent."""
    grammars = Grammars()
    found: list[Spot] = []
    for language in languages:
        own = [one for one in sources if one.language == language]
        chance = random.Random(f"{seed} voids {language}")
        pairs = [kind for pair in KINDS for kind in pair]
        for number in range(count if own else 0):
            spot = _spot(own, pairs[number % len(pairs)], chance, grammars)
            found += [spot] if spot is not None else []
    return found


def _spot(
    own: Sequence[Source], kind: str, chance: random.Random, grammars: Grammars
) -> Spot | None:
    for _ in range(TRIES_MAX):
        source = chance.choice(own)
        at = _place(source, kind, chance, grammars)
        if at is None:
            continue
        other = _line(chance.choice(own), chance)
        if kind not in _SILENT:
            return Spot(kind, source.language, cuts.case(source, *at), cuts.case(source, *at, ""))
        if other:
            wrong = cuts.case(source, *at, other)
            return Spot(kind, source.language, cuts.case(source, *at), wrong)
    return None


def _place(
    source: Source, kind: str, chance: random.Random, grammars: Grammars
) -> tuple[int, int] | None:
    """Where a gap of that kind would be in a line of `source`; None where this line has none."""
    text = source.text
    at = chance.randrange(len(text))
    start = text.rfind("\n", 0, at) + 1
    end = (text + "\n").find("\n", start)
    bare = text[start:end].strip()
    first = start + len(text[start:end]) - len(text[start:end].lstrip())
    if len(bare) < LINE_CHARS_MIN or _in_prose(source, first, end, grammars):
        return None
    end = first + len(bare)
    if kind == "finished_line":
        is_whole = bare[-1] in ";})]" or (
            source.language in ("python", "go") and bare[-1].isalnum()
        )
        return (end, end) if is_whole and text[end:].strip() else None
    if kind == "between_tokens":
        points = [
            p for p in range(first + 1, end - 1) if text[p] in "),;." and _WORD.match(text[p - 1])
        ]
        return (point := chance.choice(points), point) if points else None
    if kind == "rest_of_line":
        points = [
            p for p in range(first + 2, end - 2) if text[p - 1] in " (.=" and _WORD.match(text[p])
        ]
        return (chance.choice(points), end) if points else None
    if kind == "arguments":
        return _between(text, first, end)
    return _body(text, first, end)


def _between(text: str, first: int, end: int) -> tuple[int, int] | None:
    """What stands between the first two brackets of the line that hold something."""
    opened = text.find("(", first, end)
    depth = 0
    for at in range(opened, end) if opened >= 0 else ():
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return (opened + 1, at) if text[opened + 1 : at].strip() else None
    return None


def _body(text: str, first: int, end: int) -> tuple[int, int] | None:
    """The lines that stand further right below a line that ends with a colon or a bracket."""
    if text[end - 1] not in ":{":
        return None
    width = first - text.rfind("\n", 0, first) - 1
    begin = stop = None
    at = end + 1
    while at < len(text):
        line_end = (text + "\n").find("\n", at)
        line = text[at:line_end]
        inner = len(line) - len(line.lstrip())
        if line.strip() and inner <= width:
            break
        if line.strip():
            begin, stop = begin or at + inner, at + len(line.rstrip())
        at = line_end + 1
    return (begin, stop) if begin is not None and stop is not None else None


def _in_prose(source: Source, first: int, end: int, grammars: Grammars) -> bool:
    """Whether a comment or a text begins on the line or holds it."""
    page = cuts.Page(source, grammars)
    return any(
        ("comment" in one.kind or "string" in one.kind) and one.start < end and one.end > first
        for one in page.tokens
    )


def _line(source: Source, chance: random.Random) -> str:
    """Some line of code."""
    at = chance.randrange(len(source.text))
    start = source.text.rfind("\n", 0, at) + 1
    bare = source.text[start : (source.text + "\n").find("\n", start)].strip()
    return bare if len(bare) >= LINE_CHARS_MIN and bare[0] not in "#/*" else ""


@dataclass(slots=True)
class Told:
    """What became of the cases of one kind."""

    cases: int = 0
    dropped: int = 0
    conflicts: int = 0  # of them, those of which a conflict was said


class Voids:
    """Judges spots, and counts by kind and by language."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._judges = Judges()
        self.wrong: dict[tuple[str, str], Told] = defaultdict(Told)
        self.right: dict[tuple[str, str], Told] = defaultdict(Told)

    async def look(self, spot: Spot) -> None:
        """Ask about one place; its text around is the same for both cases."""
        for case, told in ((spot.wrong, self.wrong), (spot.right, self.right)):
            verdict = await self._verdict(case)
            count = told[spot.kind, spot.language]
            count.cases += 1
            count.dropped += verdict.finding is Finding.DROPPED
            count.conflicts += verdict.cause in _SAID

    async def _verdict(self, case: Case) -> Verdict:
        matter = Matter("file:///corpus/x", (), case.language, case.prefix, "", case.suffix)
        place: Place = self._judges.cuts(matter).place
        around = Around(place, Life(Break.LEFT), case.target)
        verdict, _ = await self._asking.boundary(case, around, ask=True)
        return verdict

    def told(self) -> dict[str, dict[str, Any]]:
        """For the report: [cases, share dropped, share of which a conflict was said]."""
        both = {"recall": self.wrong, "refused": self.right}
        return {
            name: {
                "all": _row(counts.values()),
                "kind": dict(_rows(counts, 0)),
                "language": dict(_rows(counts, 1)),
            }
            for name, counts in both.items()
        }


def _rows(counts: dict[tuple[str, str], Told], part: int) -> Iterator[tuple[str, list[float]]]:
    for name in dict.fromkeys(key[part] for key in counts):
        yield name, _row([told for key, told in counts.items() if key[part] == name])


def _row(counts: Iterable[Told]) -> list[float]:
    told = list(counts)
    cases = sum(one.cases for one in told)
    shares = (sum(one.dropped for one in told), sum(one.conflicts for one in told))
    return [cases, *(round(share / cases, 4) if cases else 0.0 for share in shares)]
