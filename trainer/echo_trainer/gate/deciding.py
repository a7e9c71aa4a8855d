"""All that was measured as comparisons, and the verdict with its reasons.

Left out: asking (`judging`), how one figure is compared (`comparing`), the forms of the report.

Rules
 - Every reason is a sentence with the figure and its limit. A refusal has one, a pass has none.
 - What was not measured is a note, or a reason where a setting wants it measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log2
from statistics import median
from typing import Final

from echo_trainer.gate.comparing import Comparison, Finding, Measured, compare, median_bounds
from echo_trainer.gate.evidence import Evidence, Judged, figures_compared, figures_told
from echo_trainer.gate.written import KEPT_WORTH, REFUSED_WORTH, Answer
from echo_trainer.settings.gate import GateSettings, Unsure

THOUSAND: Final = 1000


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, and what it rests on."""

    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the weights may be released."""
        return not self.reasons


def decide(evidence: Evidence, limits: GateSettings) -> Decision:
    """The verdict."""
    if evidence.broken:
        return Decision((evidence.broken,), (), ())
    measured = [*_of_samples(evidence.judged, limits), *_of_infilling(evidence, limits)]
    rate = limits.error_rate / THOUSAND
    comparisons = tuple(compare(one, rate, len(measured)) for one in measured)
    reasons: list[str] = []
    notes: list[str] = []
    for one in comparisons:
        if one.finding is Finding.WORSE:
            reasons.append(_worse(one))
        elif one.finding is Finding.UNSURE:
            refuses = limits.unsure_refuses == Unsure.ALWAYS or (
                one.overall and limits.unsure_refuses == Unsure.OVERALL
            )
            (reasons if refuses else notes).append(_unsure(one))
    figures = {**figures_told(evidence), **figures_compared(comparisons)}
    for said, refusing in (
        _enough(evidence, limits),
        _failures(evidence, limits),
        *_latency(evidence, limits, figures),
        _infilling(evidence, limits),
        _canaries(evidence, limits, figures),
        _verbatim(evidence, limits, figures),
    ):
        if said:
            (reasons if refusing else notes).append(said)
    return Decision(tuple(reasons), tuple(notes), comparisons, figures)


# --- what is compared ---------------------------------------------------------------------------


def _of_samples(judged: Sequence[Judged], limits: GateSettings) -> Iterable[Measured]:
    margin, slice_margin = limits.margin / THOUSAND, limits.slice_margin / THOUSAND
    spoken = [one for one in judged if not one.sample.void]
    voids = [one for one in judged if one.sample.void]

    def pairs(name: str, those: Sequence[Judged], overall: bool = False) -> Measured:
        what = _FIGURES[name.partition(":")[0]]
        ours = [what(one.candidate) for one in those]
        theirs = [what(one.base) for one in those]
        return Measured(name, theirs, ours, margin if overall else slice_margin, overall)

    yield pairs("exact_match", spoken, overall=True)
    yield pairs("edit_similarity", spoken, overall=True)
    yield pairs("target_probability", spoken, overall=True)
    yield pairs("worth", judged, overall=True)
    if voids:
        yield pairs("silence", voids)
    for part in sorted({one.sample.part for one in judged}):
        yield pairs(f"worth:{part.value}", [one for one in judged if one.sample.part is part])
    for language in sorted({one.sample.language for one in spoken}):
        those = [one for one in spoken if one.sample.language == language]
        yield pairs(f"edit_similarity:{language}", those)


def _probability(answer: Answer) -> float:
    """The mean probability of a target's tokens, so that none weighs more than a whole sample."""
    return exp(answer.logprob / answer.tokens) if answer.tokens else 0.0


_FIGURES: Final[Mapping[str, Callable[[Answer], float]]] = {
    "exact_match": lambda answer: float(answer.exact),
    "edit_similarity": lambda answer: answer.similarity,
    "target_probability": _probability,
    # From 0 to 1, as all that is compared.
    "worth": lambda answer: (answer.worth - REFUSED_WORTH) / (KEPT_WORTH - REFUSED_WORTH),
    "silence": lambda answer: float(not answer.proposed),
}


def _of_infilling(evidence: Evidence, limits: GateSettings) -> Iterable[Measured]:
    for kind, (base, candidate) in sorted((evidence.infilling or {}).items()):
        yield Measured(
            f"infilling:{kind}",
            list(map(float, base)),
            list(map(float, candidate)),
            limits.slice_margin / THOUSAND,
        )


def _worse(one: Comparison) -> str:
    return (
        f"{one.name} is worse than the base's: {one.candidate:.3f} against {one.base:.3f} over "
        f"{one.count} questions, by {-one.high:.3f} at least and perhaps by {-one.low:.3f}; "
        f"{one.margin:.3f} is allowed."
    )


def _unsure(one: Comparison) -> str:
    return (
        f"Too few to tell whether {one.name} is worse: {one.candidate:.3f} against {one.base:.3f} "
        f"over {one.count} questions; the difference may be as low as {one.low:+.3f}, and the "
        f"margin is {-one.margin:+.3f}. About {one.needed} questions would tell."
    )


# --- what has a limit of its own ----------------------------------------------------------------

_Said = tuple[str, bool]
_NOTHING: Final[_Said] = ("", False)


def _enough(evidence: Evidence, limits: GateSettings) -> _Said:
    count = sum(not one.sample.void for one in evidence.judged)
    if count >= limits.samples_min:
        return _NOTHING
    return (
        (
            f"There are {count} held-out samples that are not silence; at least "
            f"{limits.samples_min} are wanted."
        ),
        True,
    )


def _failures(evidence: Evidence, limits: GateSettings) -> _Said:
    failed = sum(one.candidate.failed and not one.base.failed for one in evidence.judged)
    if failed <= limits.failures_max:
        return _NOTHING
    return (
        (
            f"{failed} of {len(evidence.judged)} questions that the base answers ended with an "
            f"error; at most {limits.failures_max} may."
        ),
        True,
    )


def _latency(
    evidence: Evidence, limits: GateSettings, figures: dict[str, float]
) -> Iterable[_Said]:
    if not evidence.timed:
        yield ("Latency was not measured.", False)
        return
    rate, limit = limits.error_rate / THOUSAND, limits.latency_ratio_max / THOUSAND
    for name, ratios in (
        ("first_token", [one.first_ms[1] / one.first_ms[0] for one in evidence.timed]),
        (
            "each_token",
            [one.token_ms[1] / one.token_ms[0] for one in evidence.timed if all(one.token_ms)],
        ),
    ):
        if not ratios:
            yield (f"The time to {name} was not measured.", False)
            continue
        low, high = median_bounds(ratios, rate)
        middle = figures[f"latency.{name}.ratio"] = median(ratios)
        said = f"The time to {name} is {middle:.2f} times the base's over {len(ratios)} samples"
        if low > limit:
            yield (f"{said}; at most {limit:.2f} times is allowed.", True)
        elif high > limit:
            yield (
                (
                    f"Too few to tell: {said[0].lower()}{said[1:]}, and may be more than the "
                    f"{limit:.2f} times that are allowed."
                ),
                limits.unsure_refuses == Unsure.ALWAYS,
            )


def _infilling(evidence: Evidence, limits: GateSettings) -> _Said:
    if evidence.infilling is not None:
        return _NOTHING
    return (
        "HumanEval-Infilling was not asked: name its file with --infilling.",
        limits.infilling_required,
    )


def _canaries(evidence: Evidence, limits: GateSettings, figures: dict[str, float]) -> _Said:
    bits = evidence.exposures
    if not bits:
        return (
            "No canaries were planted in training: set training.canaries.",
            limits.canaries_required,
        )
    limit = limits.exposure_max / THOUSAND
    mean = figures["canaries.exposure_bits"] = sum(bits) / len(bits)
    figures["canaries.exposure_bits_largest"] = max(bits)
    figures["canaries.exposure_bits_possible"] = log2(limits.canary_references + 1)
    figures["canaries.count"] = float(len(bits))
    if mean <= limit:
        return _NOTHING
    return (
        (
            f"Planted secrets were learned by heart: {mean:.2f} bits of exposure on average; at "
            f"most {limit:.2f} are allowed, and chance gives 1.44."
        ),
        True,
    )


def _verbatim(evidence: Evidence, limits: GateSettings, figures: dict[str, float]) -> _Said:
    found = evidence.verbatim
    if found is None or not found.asked:
        return (
            "No text of one pseudonym alone was long enough to be asked for again.",
            False,
        )
    figures.update(
        {
            "verbatim.asked": float(found.asked),
            "verbatim.gained": float(found.gained),
            "verbatim.asked_unseen": float(found.asked_unseen),
            "verbatim.gained_unseen": float(found.gained_unseen),
            "verbatim.excess": found.excess,
        }
    )
    limit = limits.verbatim_share_max / THOUSAND
    if found.excess <= limit:
        return _NOTHING
    return (
        (
            f"Of {found.asked} texts that one pseudonym alone contributed, {found.gained} are "
            f"written word for word for {limits.verbatim_tokens} tokens or more where the base "
            f"does not: {found.excess:.1%} beyond what it does with texts it never saw; at most "
            f"{limit:.1%} are allowed."
        ),
        True,
    )
