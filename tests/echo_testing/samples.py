"""Samples, cases and looks to judge: one place that knows all their fields.

Rules
 - What a test does not name does not matter to it; what matters stands in the test.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from echo_core.experience.looks import Look, Moment, Place
from echo_core.experience.sample import Sample
from echo_core.gaps.life import Break
from echo_core.judging.checks.case import Case

TARGET: Final = "first()\nsecond()\n"


def a_sample(target: str = TARGET, **changes: object) -> Sample:
    """A candidate of two lines, typed by hand."""
    sample = Sample(
        request="r1",
        doc="file:///w/pkg/a.py",
        language="python",
        prefix="def run():\n    ",
        target=target,
        suffix="\n",
        proposal="",
        proposal_id="",
        model="",
        accepted_chars=0,
        kept_chars=0,
        break_reason=Break.LEFT,
        opened_at_ms=1,
        broken_at_ms=2,
    )
    return replace(sample, **changes)  # type: ignore[arg-type]


def a_look(
    target: str = TARGET, now: str = "", moment: Moment = Moment.COMMITTED, **changes: object
) -> Look:
    """What stands where `target` was kept; in a commit, with its text. Half of it is still there
    where it is another text."""
    same = now == target
    look = Look(
        request="r1",
        moment=moment,
        at_ms=9,
        place=Place.FOLLOWED,
        confidence=1.0,
        target_chars=len(target),
        kept_chars=len(target) if same else (len(target) + 1) // 2,
        accepted_chars=0,
        accepted_kept_chars=0,
        now_chars=len(now),
        distance=0 if same else 1,
        in_file=True,
        text=now if moment is Moment.COMMITTED and not same else "",
    )
    return replace(look, **changes)  # type: ignore[arg-type]


def a_case(
    target: str,
    prefix: str = "",
    suffix: str = "",
    *,
    language: str = "python",
    path: str = "a.py",
) -> Case:
    """A sample as the checks see it."""
    return Case(language, path, prefix, target, suffix)
