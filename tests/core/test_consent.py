"""Consent: one no is enough, whoever says it, and the answer names the rule."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from echo_core.sharing import consent_text
from echo_core.sharing.bundle.fields import Category
from echo_core.sharing.consent import (
    Answer,
    Circumstances,
    Policy,
    Right,
    Rule,
    Stance,
    Switch,
    Telemetry,
    decide,
    is_set,
    policy_of,
    right_of,
)
from echo_core.sharing.dictionary import Line


def every_case() -> Iterator[Circumstances]:
    for values in product(Answer, Answer, Stance, Telemetry, (False, True), (False, True), Right):
        user, folder, policy, editor, do_not_track, ci, right = values
        yield Circumstances(user, folder, policy, editor, do_not_track, ci, right)


# Who says no, written down a second time: a value that objects, and the switches it is heard for.
ALL = frozenset(Switch)
LEAVES = frozenset(Switch) - {Switch.RECORD}
OBJECTIONS = (
    (Rule.POLICY_DAMAGED, lambda case: case.policy == "damaged", ALL),
    (Rule.POLICY, lambda case: case.policy == "forbids", ALL),
    (Rule.UNREADABLE, lambda case: "unreadable" in (case.user, case.folder), ALL),
    (Rule.UNASKED, lambda case: case.user == "unasked", ALL),
    (Rule.REFUSED, lambda case: case.user == "no", ALL),
    (Rule.OUTDATED, lambda case: case.user == "outdated", ALL),
    (Rule.FOLDER, lambda case: case.folder == "no", ALL),
    (Rule.DO_NOT_TRACK, lambda case: case.do_not_track, ALL),
    (Rule.CI, lambda case: case.ci, ALL),
    (Rule.EDITOR, lambda case: case.editor == "off", LEAVES),
    (Rule.RIGHT, lambda case: case.right == "none", frozenset({Switch.CONTRIBUTE})),
)


@pytest.mark.parametrize("switch", Switch)
def test_every_combination(switch: Switch) -> None:
    cases = list(every_case())
    assert len(cases) == 5 * 5 * 3 * 3 * 2 * 2 * 4
    allowed = 0
    for case in cases:
        said = [rule for rule, objects, heard in OBJECTIONS if switch in heard and objects(case)]
        decision = decide(switch, case)
        assert decision.rule is (said[0] if said else Rule.CHOSEN), case
        assert decision.allowed is not bool(said)
        allowed += decision.allowed
    # For the person's yes: three answers of a folder, and what is not heard.
    expected = {Switch.RECORD: 3 * 3 * 4, Switch.CONTRIBUTE: 3 * 2 * 3}
    assert allowed == expected.get(switch, 3 * 2 * 4)


@pytest.mark.parametrize("switch", Switch)
def test_nothing_is_on_that_nobody_chose(switch: Switch) -> None:
    assert not any(
        decide(switch, case).allowed for case in every_case() if case.user is not Answer.YES
    )


@pytest.mark.parametrize("switch", Switch)
@pytest.mark.parametrize("rule", Rule)
def test_every_rule_has_a_sentence_that_names_the_switch_or_the_remedy(
    switch: Switch, rule: Rule
) -> None:
    seen = {
        decision.reason for case in every_case() if (decision := decide(switch, case)).rule is rule
    }
    assert len(seen) == (1 if any(r is rule and switch in h for r, _, h in OBJECTIONS) else 0) or (
        rule is Rule.CHOSEN and seen == {"You switched it on."}
    )
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in seen)


@pytest.mark.parametrize("value", [None, "", "0", "false", " No ", "OFF"])
def test_a_variable_that_is_denied_is_not_set(value: str | None) -> None:
    assert not is_set(value)


@pytest.mark.parametrize("value", ["1", "true", "yes", "please"])
def test_a_variable_that_says_anything_else_is_set(value: str) -> None:
    assert is_set(value)


def test_no_policy_says_nothing() -> None:
    assert policy_of(None) == Policy()
    assert policy_of(b"[consent]\n") == Policy()
    assert {policy_of(None).stance(switch) for switch in Switch} == {Stance.SILENT}


def test_a_policy_forbids_and_never_switches_on() -> None:
    policy = policy_of(b'[consent]\nrecord = "allowed"\ncontribute = "forbidden"\n')
    assert policy.stance(Switch.CONTRIBUTE) is Stance.FORBIDS
    assert policy.stance(Switch.RECORD) is Stance.SILENT
    case = Circumstances(Answer.UNASKED, policy=policy.stance(Switch.RECORD))
    assert not decide(Switch.RECORD, case).allowed


@pytest.mark.parametrize(
    "content",
    [
        b"\xff",
        b"consent",
        b"",
        b"[consents]\n",
        b"[consent]\n[other]\n",
        b'consent = "forbidden"\n',
        b'[consent]\ncontribution = "forbidden"\n',
        b'[consent]\ncontribute = "forbiden"\n',
        b"[consent]\ncontribute = false\n",
        b"[consent]\ncontribute = []\n",
        b"a = " + b"[" * 5_000,
        b"#" * (65 << 10),
    ],
)
def test_a_policy_that_cannot_be_understood_forbids_all(content: bytes) -> None:
    policy = policy_of(content)
    assert {policy.stance(switch) for switch in Switch} == {Stance.DAMAGED}


@pytest.mark.parametrize(
    ("licences", "stated", "right"),
    [
        ((), False, Right.NONE),
        ((), True, Right.STATED),
        (("MIT",), False, Right.PERMISSIVE),
        (("MIT", "Apache-2.0"), False, Right.PERMISSIVE),
        (("MIT", "unknown"), False, Right.NONE),
        (("MIT", "unknown"), True, Right.STATED),
        (("GPL-3.0-only",), False, Right.NONE),
    ],
)
def test_the_right_to_share(licences: tuple[str, ...], stated: bool, right: Right) -> None:
    assert right_of(frozenset(licences), stated=stated) is right


def test_each_switch_has_a_text_and_a_digest_of_its_own() -> None:
    assert set(consent_text.TEXTS) == set(Switch)
    assert len({consent_text.text_digest(switch) for switch in Switch}) == len(Switch)


@pytest.mark.parametrize("switch", Switch)
def test_other_words_or_another_field_ask_again(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = consent_text.text_digest.__wrapped__
    before = fresh(switch)
    assert before == consent_text.text_digest(switch)
    more = (Line("sample", "shoe_size", "for fun", Category.COUNT, "always", leaves=True),)
    real = consent_text.lines
    with monkeypatch.context() as patch:
        patch.setattr(consent_text, "lines", lambda asked: real(asked) + more)
        assert fresh(switch) != before
    with monkeypatch.context() as patch:
        patch.setitem(consent_text.TEXTS, switch, consent_text.TEXTS[switch] + "And more.\n")
        assert fresh(switch) != before
    assert fresh(switch) == before
