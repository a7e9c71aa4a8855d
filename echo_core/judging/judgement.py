"""A judgement: what became of a candidate sample, and why; with its written form.

Left out: the checks (`echo_core.judging.checks`), how they are run (`echo_daemon.distilling`).

Rules
 - It holds no source text: the refined target is a length of what was kept, at the break or in
   the commit, so that it can be nothing but an exact prefix of it; a redaction is a span and the
   name of a class.
 - A sample is kept where no check dropped it; the first check that did, in the table's order, is
   the one that is told.
 - What was not asked has no verdict.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from echo_core.errors import InputError
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.later import Later
from echo_core.judging.checks.verdict import Finding, Verdict


class State(StrEnum):
    """Where a sample is on its way."""

    CANDIDATE = "candidate"  # mined, not judged yet
    KEPT = "kept"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Redaction:
    """A place of the context that is hidden before anybody else sees it."""

    start: int  # in the sample's prefix, refined target and suffix, one after the other
    end: int
    kind: str  # the class of what stands there


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that a model was asked about the sample."""

    question: str  # cut, silence, difficulty
    prompt: str  # the prompt's name and version
    model: str
    answers: tuple[tuple[str, float], ...]  # what it could say, and each one's log-probability


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was found about one sample."""

    cut: int  # the refined target is what was kept, up to here; 0 teaches silence
    unit: str  # what ends there; empty where nothing is left
    quality: float  # 0 to 1 (docs/verification.md)
    licence: str  # SPDX, of the workspace; empty where it names none
    verdicts: tuple[Verdict, ...] = ()
    asked: tuple[Asked, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    later: Later = Later.NONE  # whether what was kept is the break's text, or the commit's

    @property
    def dropped_by(self) -> Verdict | None:
        """The verdict that decided against the sample."""
        found = (one for one in self.verdicts if one.finding is Finding.DROPPED)
        return next(found, None)

    @property
    def state(self) -> State:
        """Kept or dropped."""
        return State.KEPT if self.dropped_by is None else State.DROPPED

    @property
    def is_unasked(self) -> bool:
        """A check would have asked a model, and there was none."""
        return any(one.cause is Cause.NO_MODEL for one in self.verdicts)

    def verdict(self, check: str) -> Verdict | None:
        """What one check said."""
        return next((one for one in self.verdicts if one.check == check), None)


def encode(judgement: Judgement) -> bytes:
    """The judgement as JSON, in arrays; `decode` reads it."""
    form = [
        judgement.cut,
        judgement.unit,
        judgement.quality,
        judgement.licence,
        [
            [one.check, one.version, one.finding, one.cause, one.spans, one.quality, one.facts]
            for one in judgement.verdicts
        ],
        [[one.question, one.prompt, one.model, one.answers] for one in judgement.asked],
        [[one.start, one.end, one.kind] for one in judgement.redactions],
        judgement.later,
    ]
    return json.dumps(form, separators=(",", ":")).encode("ascii")


def decode(form: bytes) -> Judgement:
    """The reverse of `encode`.

    Raises:
        InputError: it was written by an Echo with other causes or another form: judge again.
    """
    try:
        cut, unit, quality, licence, verdicts, asked, redactions, later = json.loads(form)
        return Judgement(
            cut=cut,
            unit=unit,
            quality=quality,
            licence=licence,
            verdicts=tuple(
                Verdict(
                    check=check,
                    version=version,
                    finding=Finding(finding),
                    cause=None if cause is None else Cause(cause),
                    spans=tuple((start, end) for start, end in spans),
                    quality=quality,
                    facts=tuple((name, value) for name, value in facts),
                )
                for check, version, finding, cause, spans, quality, facts in verdicts
            ),
            asked=tuple(
                Asked(question, prompt, model, tuple((answer, score) for answer, score in answers))
                for question, prompt, model, answers in asked
            ),
            redactions=tuple(Redaction(*one) for one in redactions),
            later=Later(later),
        )
    except (ValueError, TypeError) as error:
        raise InputError("A judgement was written by another version of Echo.") from error
