"""The verdict: what passes, what is refused, and that every reason names figure and limit."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_trainer.curation.split import Part
from echo_trainer.gate.deciding import decide
from echo_trainer.gate.evidence import Evidence, Judged, Timed, Verbatim
from echo_trainer.gate.written import Answer, Sample, compared
from echo_trainer.settings.gate import GateSettings, Unsure

LIMITS = GateSettings()
GOOD = compared("total = add(a, b)", "total = add(a, b)", "total = add(a, b)", "python")
GOOD = replace(GOOD, tokens=6, logprob=-1.5, end_logprob=-6.0)
BAD = compared("zzz ][", "zzz ][", "total = add(a, b)", "python")
BAD = replace(BAD, tokens=6, logprob=-60.0, end_logprob=-6.0)
SILENT = Answer(exact=True, similarity=1.0, end_logprob=-0.1)
LOUD = Answer(proposed=True, end_logprob=-9.0)


def answers(seed: int, count: int = 150) -> list[Answer]:
    chance = random.Random(seed)
    return [GOOD if chance.random() < 0.4 else BAD for _ in range(count)]


def judged(base: list[Answer], candidate: list[Answer], voids: int = 60) -> list[Judged]:
    made = [
        Judged(Sample(str(at), list(Part)[1 + at % 2], ("python", "go")[at % 2], void=False), *pair)
        for at, pair in enumerate(zip(base, candidate, strict=True))
    ]
    silent = [
        Judged(Sample(f"v{at}", Part.LATER, "python", void=True), SILENT, SILENT)
        for at in range(voids)
    ]
    return made + silent


@given(st.integers(0, 50))
def test_the_same_model_passes(seed: int) -> None:
    same = answers(seed)
    decision = decide(Evidence(judged(same, same)), LIMITS)
    assert decision.passed, decision.reasons
    assert decision.figures["bleu.base"] == decision.figures["bleu.candidate"]
    assert any("Latency" in note for note in decision.notes)


@given(st.integers(0, 50))
def test_garbage_is_refused(seed: int) -> None:
    base = answers(seed)
    decision = decide(Evidence(judged(base, [BAD] * len(base))), LIMITS)
    assert not decision.passed
    assert any(reason.startswith("exact_match is worse") for reason in decision.reasons)
    assert any("edit_similarity:go is worse" in reason for reason in decision.reasons)
    assert decision.figures["perplexity.candidate"] > decision.figures["perplexity.base"]


def test_one_language_that_is_worse_is_enough() -> None:
    base = [GOOD] * 200
    candidate = [GOOD if at % 2 == 0 or at % 3 else BAD for at in range(200)]
    decision = decide(Evidence(judged(base, candidate)), LIMITS)
    assert any("edit_similarity:go is worse" in reason for reason in decision.reasons)
    assert not any("edit_similarity:python" in reason for reason in decision.reasons)


def test_who_speaks_where_silence_was_right_is_refused() -> None:
    same = answers(1)
    made = [replace(one, candidate=LOUD) if one.sample.void else one for one in judged(same, same)]
    decision = decide(Evidence(made), LIMITS)
    assert any(reason.startswith("silence is worse") for reason in decision.reasons)
    assert decision.figures["void.recall.base"] == 1.0
    assert decision.figures["void.recall.candidate"] == 0.0
    assert decision.figures["void.end_probability.base"] > 0.9


@pytest.mark.parametrize(
    ("unsure", "passed"), [(Unsure.NEVER, True), (Unsure.OVERALL, False), (Unsure.ALWAYS, False)]
)
def test_too_few_to_tell_refuses_where_a_setting_says_so(unsure: Unsure, passed: bool) -> None:
    same = [GOOD, BAD] * 16
    limits = replace(LIMITS, unsure_refuses=unsure.value)
    decision = decide(Evidence(judged(same, same, voids=5)), limits)
    assert decision.passed is passed
    said = decision.notes if passed else decision.reasons
    told = next(one for one in said if one.startswith("Too few to tell whether exact_match"))
    assert "over 32 questions" in told
    assert "About 100 questions would tell." in told


def test_with_hardly_any_sample_nothing_passes() -> None:
    decision = decide(
        Evidence(judged([GOOD] * 4, [GOOD] * 4)), replace(LIMITS, unsure_refuses="never")
    )
    assert decision.reasons == (
        "There are 4 held-out samples that are not silence; at least 30 are wanted.",
    )
    assert not decide(Evidence(()), LIMITS).passed


def test_questions_that_end_with_an_error_are_refused() -> None:
    same = answers(1)
    made = judged(same, same)
    made[0] = replace(made[0], candidate=Answer(failed=True))
    assert any("ended with an error" in one for one in decide(Evidence(made), LIMITS).reasons)


def evidence(**changes: object) -> Evidence:
    same = answers(1)
    return replace(Evidence(judged(same, same)), **changes)  # type: ignore[arg-type]


def test_a_model_that_knows_secrets_by_heart_is_refused() -> None:
    decision = decide(evidence(exposures=[6.0, 5.0, 6.0, 4.0]), LIMITS)
    assert [one for one in decision.reasons if "5.25 bits" in one and "3.00" in one]
    assert decide(evidence(exposures=[1.0, 0.4, 3.4, 1.1]), LIMITS).passed


def test_a_model_that_regurgitates_is_refused() -> None:
    decision = decide(evidence(verbatim=Verbatim(60, 12, 60, 1)), LIMITS)
    assert [one for one in decision.reasons if "12 are written word for word" in one]
    learned_in_general = Verbatim(60, 12, 60, 12)
    assert decide(evidence(verbatim=learned_in_general), LIMITS).passed


def test_a_slow_model_is_refused() -> None:
    def timed(ratio: float, count: int = 24) -> list[Timed]:
        return [Timed((100.0 + at, (100.0 + at) * ratio), (20.0, 20.0)) for at in range(count)]

    slow = decide(evidence(timed=timed(1.6)), LIMITS)
    assert [one for one in slow.reasons if "first_token is 1.60 times" in one and "1.30" in one]
    assert slow.figures["latency.each_token.ratio"] == 1.0
    assert decide(evidence(timed=timed(1.1)), LIMITS).passed
    few = decide(evidence(timed=timed(1.6, count=3)), LIMITS)
    assert few.passed
    assert any(note.startswith("Too few to tell: the time to first_token") for note in few.notes)


def test_infilling_is_compared() -> None:
    good, bad = [True] * 60, [False] * 60
    assert decide(evidence(infilling={"line": (good, good)}), LIMITS).passed
    refused = decide(evidence(infilling={"line": (good, bad)}), LIMITS)
    assert any("infilling:line is worse" in one for one in refused.reasons)


@pytest.mark.parametrize("setting", ["infilling_required", "canaries_required"])
def test_what_is_required_refuses_where_it_is_missing(setting: str) -> None:
    assert decide(evidence(), LIMITS).passed
    assert not decide(evidence(), replace(LIMITS, **{setting: True})).passed


def test_what_cannot_be_loaded_is_refused_with_the_engines_sentence() -> None:
    decision = decide(Evidence((), broken="It cannot be loaded: no."), LIMITS)
    assert decision.reasons == ("It cannot be loaded: no.",)
