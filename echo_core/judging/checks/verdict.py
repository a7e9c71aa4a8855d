"""What one check says of one case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from echo_core.judging.checks.causes import Cause


class Finding(StrEnum):
    """What is to become of the sample, as far as one check can tell."""

    PASSED = "passed"  # nothing, as far as this check goes
    MARKED = "marked"  # passed, of lower quality
    UNCHECKED = "unchecked"  # the check has nothing to say, and why
    DROPPED = "dropped"  # it is not kept


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check's judgement. Holds no source text."""

    check: str  # the check's name
    version: int  # of the check
    finding: Finding
    cause: Cause | None = None  # None exactly where it passed
    spans: tuple[tuple[int, int], ...] = ()  # where in `Case.whole`, first and past the last
    quality: float = 1.0  # 0 to 1: this check's part in the score of the sample
    facts: tuple[tuple[str, str | int | float], ...] = ()  # numbers and names of classes

    def __post_init__(self) -> None:
        if (self.finding is Finding.PASSED) != (self.cause is None):
            raise ValueError("a verdict has a cause exactly where it did not pass")
        if not 0.0 <= self.quality <= 1.0:
            raise ValueError("quality lies between 0 and 1")
