"""How well a teacher does: cases that are labelled by hand, and places in real files.

Left out: what it costs (`bench.distil`). The labels stand in `bench/data/teacher.toml`.

Rules
 - "The first" is what a teacher is compared with: it takes the first of the cuts, always.
 - Code at a place where a file has code is never a conflict; how often it would be called one is
   the false rejection of the boundary check.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bench import report
from bench.texts import DATA, Source
from echo_core.judging.checks import boundary
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.verdict import Finding
from echo_core.text.document import Text
from echo_daemon.teaching.api import Teacher

TARGET_LINES_MAX = 4
CONTEXT_CHARS = 4000  # of a sample; a prompt takes less


@dataclass(frozen=True, slots=True)
class Labelled:
    """A case, its cuts, and what a person says of it."""

    case: Case
    cuts: tuple[int, ...]  # none: silence was right
    right: int  # the index of the first unit's end

    @property
    def silent(self) -> bool:
        """Whether nothing should be offered."""
        return not self.cuts


def labelled() -> list[Labelled]:
    """The cases of the file, in its order."""
    found = []
    with (DATA / "teacher.toml").open("rb") as file:
        for each in tomllib.load(file)["case"]:
            pieces: list[str] = each.get("pieces", [])
            target = "".join(pieces)
            case = Case(each["language"], "case", each["prefix"], target, each["suffix"])
            cuts = tuple(accumulate(map(len, pieces)))
            found.append(Labelled(case, cuts, int(each.get("unit", 1)) - 1))
    return found


def placed(sources: Sequence[Source], count: int, seed: int) -> list[Labelled]:
    """`count` places in files: one to four lines that stand there, cut at line ends."""
    chance = random.Random(f"{seed} places")
    found: list[Labelled] = []
    while len(found) < count:
        source = chance.choice(list(sources))
        lines = Text(source.text)
        at = chance.randrange(lines.line_count - TARGET_LINES_MAX)
        line = lines.content[lines.line_start(at) : lines.line_end(at)]
        if not line.strip() or boundary_like(line):
            continue
        start = lines.line_start(at) + len(line) - len(line.lstrip())
        number = chance.randint(1, TARGET_LINES_MAX)
        ends = [lines.line_end(at + more) - start for more in range(number)]
        target = lines.content[start : start + ends[-1]]
        cuts = tuple(end for end in ends if target[:end].strip())
        case = Case(
            source.language,
            source.name,
            lines.content[max(0, start - CONTEXT_CHARS) : start],
            target,
            lines.content[start + ends[-1] :][:CONTEXT_CHARS],
        )
        found.append(Labelled(case, tuple(dict.fromkeys(cuts)), 0))
    return found


def boundary_like(line: str) -> bool:
    """Comments and texts: whether silence is right there is no question for these places."""
    return line.lstrip().startswith(("#", "//", "/*", "*", '"""', "///", "'"))


async def cut_rightly(teacher: Teacher, cases: Sequence[Labelled]) -> dict[str, object]:
    """How often the teacher cuts as the person did, and as the first cut."""
    asked = [one for one in cases if len(one.cuts) > 1]
    picks = [(await teacher.choose(one.case, one.cuts)).index for one in asked]
    later = [(one.right, pick) for one, pick in zip(asked, picks, strict=True) if one.right]
    return {
        "cases": len(asked),
        "as_labelled": report.ratio(
            sum(one.right == pick for one, pick in zip(asked, picks, strict=True)), len(asked)
        ),
        "as_the_first": report.ratio(picks.count(0), len(asked)),
        "the_first_as_labelled": report.ratio(sum(not one.right for one in asked), len(asked)),
        "where_the_first_is_wrong": len(later),
        "of_these_as_labelled": sum(right == pick for right, pick in later),
    }


async def silence_told(
    teacher: Teacher, cases: Sequence[Labelled], code: Sequence[Labelled]
) -> dict[str, object]:
    """How well silence is told from code: by hand, and at places of files that have code."""
    silent = [(await teacher.wants_silence(one.case)).probability for one in cases if one.silent]
    wanted = [(await teacher.wants_silence(one.case)).probability for one in cases if one.cuts]
    real = [(await teacher.wants_silence(one.case)).probability for one in code]
    pairs = [(one > other) + (one == other) / 2 for one in silent for other in wanted]
    return {
        "area": report.ratio(sum(pairs), len(pairs)),
        "silent": len(silent),
        "silent_kept": sum(one >= boundary.SILENCE_MIN for one in silent),
        "silent_called_conflict": sum(one <= boundary.CODE_MAX for one in silent),
        "code": len(wanted),
        "code_called_conflict": sum(one >= boundary.SILENCE_MIN for one in wanted),
        "code_where_nothing_would_be_kept": sum(one <= boundary.CODE_MAX for one in wanted),
        "real_code": len(real),
        "real_code_called_conflict": sum(
            _conflict(one, told) for one, told in zip(code, real, strict=True)
        ),
        "real_code_where_nothing_would_pass": sum(one >= boundary.SILENCE_MIN for one in real),
    }


def _conflict(one: Labelled, probability: float) -> bool:
    verdict = boundary.judge(one.case, boundary.Place.CODE, probability)
    return verdict.finding is Finding.DROPPED
