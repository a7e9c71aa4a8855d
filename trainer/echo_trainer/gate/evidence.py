"""What was measured of both models, and the figures that are told of it without being compared.

Left out: measuring (`judging`), comparing and deciding (`deciding`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from statistics import median
from typing import Final

from echo_trainer.curation.split import Part
from echo_trainer.gate.codebleu import added, bleu, codebleu
from echo_trainer.gate.comparing import Comparison
from echo_trainer.gate.written import Answer, Sample

SIDES: Final = ("base", "candidate")
_NATS_MAX: Final = 700.0  # a float ends at e^709


@dataclass(frozen=True, slots=True)
class Judged:
    """A held-out sample and what both models made of it."""

    sample: Sample
    base: Answer
    candidate: Answer


@dataclass(frozen=True, slots=True)
class Timed:
    """How long both took for one sample."""

    first_ms: tuple[float, float]  # to the first token: base, candidate
    token_ms: tuple[float, float]  # for each token; 0: it wrote too few to tell


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Beginnings that were written word for word where the base did not."""

    asked: int  # targets of training that one pseudonym alone contributed
    gained: int
    asked_unseen: int  # held-out targets as long
    gained_unseen: int

    @property
    def excess(self) -> float:
        """The share beyond what was learned in general."""
        known = self.gained / self.asked if self.asked else 0.0
        unseen = self.gained_unseen / self.asked_unseen if self.asked_unseen else 0.0
        return known - unseen


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was measured. None: it was not."""

    judged: Sequence[Judged]
    timed: Sequence[Timed] = ()
    infilling: Mapping[str, tuple[Sequence[bool], Sequence[bool]]] | None = None  # by cursor
    exposures: Sequence[float] | None = None  # bits, of each canary
    verbatim: Verbatim | None = None
    broken: str = ""  # a sentence: nothing could be measured


def figures_compared(comparisons: Iterable[Comparison]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in comparisons:
        found[f"{one.name}.base"] = one.base
        found[f"{one.name}.candidate"] = one.candidate
        found[f"{one.name}.low"] = one.low
        found[f"{one.name}.high"] = one.high
        found[f"{one.name}.count"] = float(one.count)
        found[f"{one.name}.needed"] = float(one.needed)
    return found


def figures_told(evidence: Evidence) -> dict[str, float]:
    """What is told besides what is compared."""
    found: dict[str, float] = {
        "samples": float(len(evidence.judged)),
        "samples.void": float(sum(one.sample.void for one in evidence.judged)),
    }
    for side in SIDES:
        pairs = [(one.sample, getattr(one, side)) for one in evidence.judged]
        for name, value in _of_side(pairs).items():
            found[f"{name}.{side}"] = value
    for at, side in enumerate(SIDES):
        if evidence.timed:
            first = median(one.first_ms[at] for one in evidence.timed)
            each = [one.token_ms[at] for one in evidence.timed if all(one.token_ms)]
            found[f"latency.first_token_ms.{side}"] = first
            if each:
                found[f"latency.tokens_per_s.{side}"] = 1000 / median(each)
    return found


def _of_side(pairs: Sequence[tuple[Sample, Answer]]) -> dict[str, float]:
    spoken = [answer for sample, answer in pairs if not sample.void]
    silent = [(sample, answer) for sample, answer in pairs if not answer.proposed]
    voids = [answer for sample, answer in pairs if sample.void]
    proposed = [answer for _, answer in pairs if answer.proposed]
    counts, tokens = added(one.counts for one in spoken), sum(one.tokens for one in spoken)
    nats = -sum(one.logprob for one in spoken) / tokens if tokens else 0.0
    found = {
        "bleu": bleu(counts),
        "codebleu": codebleu(counts),
        "perplexity": exp(min(_NATS_MAX, nats)),
        "failed": float(sum(answer.failed for _, answer in pairs)),
        "proposed": _share(len(proposed), len(pairs)),
        "kept_rate": _share(sum(one.kept for one in proposed), len(proposed)),
        "void.precision": _share(sum(sample.void for sample, _ in silent), len(silent)),
        "void.recall": _share(sum(not one.proposed for one in voids), len(voids)),
        "void.end_probability": _mean([exp(one.end_logprob) for one in voids]),
        "spoken.end_probability": _mean([exp(one.end_logprob) for one in spoken]),
    }
    for part in Part:
        those = [one for sample, one in pairs if sample.part is part and one.proposed]
        if those:
            found[f"kept_rate.{part.value}"] = _share(sum(one.kept for one in those), len(those))
    return found


def _share(some: int, many: int) -> float:
    return some / many if many else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
