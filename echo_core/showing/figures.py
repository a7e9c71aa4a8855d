"""What was counted of a stretch of time, a language or a model; sums of it, and rates.

Left out: who counts (`echo_daemon.store.progress`), what a week sends (`echo_core.sharing.bundle`).

Rules
 - Every counter is of something that happened once: sums of figures are figures of sums.
 - Written is what was typed and what came by accepting, kept or not. What was pasted and the
   brackets that an editor closes by itself are on neither side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from echo_core.records.reasons import Reason
from echo_core.showing.metrics import Rate, percentile_of_counts

# Everybody's midnight, and every Monday's, is a multiple of this in UTC: no zone is finer.
QUARTER_MS: Final = 900_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Counters, and what is made of them."""

    shown: int = 0  # proposals that were seen
    accepted: int = 0  # of them, those of which something was accepted
    accepted_chars: int = 0  # that came into documents by accepting
    kept_chars: int = 0  # of proposals, that still stood when their gap ended
    ended_chars: int = 0  # that were accepted in gaps which ended: `kept_chars` are a part of them
    typed_chars: int = 0
    latencies: Mapping[int, int] = field(default_factory=dict)  # whole ms: answers of the model
    reasons: Mapping[str, int] = field(default_factory=dict)  # `echo_core.records.reasons`: answers

    @property
    def answers(self) -> int:
        """Requests that were answered, with a proposal or with silence."""
        return sum(self.reasons.values())

    @property
    def proposed(self) -> Rate:
        """How many requests were answered with a proposal."""
        return Rate(self.reasons.get(Reason.PROPOSED, 0), self.answers)

    @property
    def acceptance(self) -> Rate:
        """AR: of the proposals that were shown, those of which something was accepted."""
        return Rate(self.accepted, self.shown)

    @property
    def generation(self) -> Rate:
        """GR: of all written characters, those that were accepted and still stood.

        Its interval means nothing: characters come in words and lines, not one by one.
        """
        kept = min(self.kept_chars, self.accepted_chars)  # a gap may end in the next stretch
        return Rate(kept, self.accepted_chars + self.typed_chars)

    @property
    def retention(self) -> Rate:
        """Of the accepted characters, those that still stood; no interval either."""
        return Rate(min(self.kept_chars, self.accepted_chars), self.accepted_chars)

    @property
    def survival(self) -> Rate:
        """Of the characters accepted in gaps that ended, those that still stood.

        Unlike `retention` it can be told of a model: a gap has one, an edit has none.
        """
        return Rate(min(self.kept_chars, self.ended_chars), self.ended_chars)

    @property
    def asked(self) -> int:
        """How many answers the model wrote: the n of the latencies."""
        return sum(self.latencies.values())

    def latency_ms(self, percent: float) -> int | None:
        """A percentile of the latencies."""
        return percentile_of_counts(self.latencies, percent)


def summed(parts: Iterable[Figures]) -> Figures:
    """All of them together."""
    whole = list(parts)
    latencies: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    for part in whole:
        latencies.update(part.latencies)
        reasons.update(part.reasons)
    return Figures(
        shown=sum(part.shown for part in whole),
        accepted=sum(part.accepted for part in whole),
        accepted_chars=sum(part.accepted_chars for part in whole),
        kept_chars=sum(part.kept_chars for part in whole),
        ended_chars=sum(part.ended_chars for part in whole),
        typed_chars=sum(part.typed_chars for part in whole),
        latencies=dict(latencies),
        reasons=dict(reasons),
    )


class Where(NamedTuple):
    """Of what something was counted."""

    quarter: int  # of an hour, since 1970
    language: str
    model: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when until when; of which documents (None: of all)."""

    since_ms: int
    until_ms: int
    docs: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found."""

    since_ms: int  # later than asked for, where there was nothing before, or too much
    is_cut: bool
    figures: Mapping[Where, Figures]
    endings: Mapping[str, int]  # gaps, by `echo_core.gaps.life.Break`
