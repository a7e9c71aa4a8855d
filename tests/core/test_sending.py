"""What leaves of a sample, and sending as decisions: answers, waits, caps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from echo_core.errors import InputError
from echo_core.gaps.life import Break
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.making import SAFETY, Hidden, KeptSample, contribution, is_safe
from echo_core.sharing.bundle.sending import (
    RETRY_AFTER_MS_MAX,
    WAIT_MS_FIRST,
    WAIT_MS_MAX,
    Caps,
    Fate,
    fate,
    wait_ms,
)
from echo_core.sharing.outbox import DropCause

ID = "ab" * 16
KEPT = KeptSample(
    request="r",
    doc="file:///home/ann/project/a.py",
    language="python",
    prefix="# by Ann\n",
    target="x = 1",
    suffix="\n# mail ann@x.org\n",
    model="qwen2.5-coder-0.5b",
    proposed_chars=5,
    accepted_chars=4,
    kept_chars=3,
    ended=Break.SETTLED,
    broken_at_ms=1_794_787_200_000,
    quality=0.5,
    zone="middle",
    likeness=0.25,
    survived=None,
    verdicts=(
        Verdict("syntax", 2, Finding.PASSED),
        Verdict("debris", 1, Finding.UNCHECKED, Cause.LANGUAGE_UNKNOWN),
    ),
)


def test_what_leaves_of_a_sample() -> None:
    made = contribution(KEPT, ID)
    assert (made.id, made.day, made.target) == (ID, "2026-11-16", "x = 1")
    assert (made.quality, made.zone, made.likeness, made.survived) == (500, "middle", 250, -1)
    assert [(note.check, note.finding, note.cause) for note in made.checks] == [
        ("syntax", "passed", ""),
        ("debris", "unchecked", "language_unknown"),
    ]


def test_what_was_not_kept_goes_along_where_there_is_room() -> None:
    assert contribution(KEPT, ID).rejected == ""
    refused = replace(KEPT, rejected="y = 2")
    assert contribution(refused, ID).rejected == "y = 2"
    # Three bytes a character: with it the sample would be larger than a sample may be.
    large = replace(refused, prefix="€" * 8_192, suffix="€" * 4_096, target="€" * 4_096)
    assert contribution(replace(large, rejected="€" * 4_096), ID).rejected == "€" * 4_096
    crowded = replace(large, prefix="𝄞" * 8_192, rejected="€" * 4_096)
    assert contribution(crowded, ID).rejected == ""
    with pytest.raises(InputError, match="larger"):
        contribution(replace(crowded, suffix="𝄞" * 4_096, target="𝄞" * 4_096), ID)


def test_what_was_imported_is_of_another_kind() -> None:
    assert KEPT.kind is Kind.SAMPLES
    past = replace(KEPT, ended=Break.IMPORTED)
    assert past.kind is Kind.HISTORY
    assert contribution(past, ID).ended == "imported"


def test_what_a_check_hid_is_the_name_of_its_class() -> None:
    # prefix "# by Ann\n", then 5 of the target, then the suffix from 14 on
    hidden = (Hidden(22, 31, "email"), Hidden(5, 8, "NAME"), Hidden(6, 8, "name"))
    made = contribution(replace(KEPT, hidden=hidden), ID)
    assert made.prefix == "# by <NAME><NAME>\n"
    assert made.suffix == "\n# mail <EMAIL>\n"
    assert made.target == KEPT.target


@pytest.mark.parametrize(
    "changes",
    [
        {"verdicts": (Verdict("secrets", 1, Finding.DROPPED, Cause.CREDENTIAL_KEY),)},
        {"hidden": (Hidden(8, 10, "name"),)},
        {"hidden": (Hidden(10, 12, "name"),)},
        {"hidden": (Hidden(13, 15, "name"),)},
        {"hidden": (Hidden(-1, 3, "name"),)},
        {"hidden": (Hidden(3, 2, "name"),)},
        {"hidden": (Hidden(20, 99, "name"),)},
        {"hidden": (Hidden(0, 2, "a name"),)},
        {"target": "x" * 5000},
        {"suffix": "\ud800"},
        {"kept_chars": -1},
    ],
)
def test_what_must_not_or_cannot_leave(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        contribution(replace(KEPT, **changes), ID)
    assert "Ann" not in str(caught.value)


def test_a_sample_is_safe_when_every_check_for_safety_looked() -> None:
    looked = [Verdict(name, 1, Finding.PASSED) for name in sorted(SAFETY)]
    assert is_safe(looked)
    assert is_safe([*looked, *KEPT.verdicts])
    marked = Verdict(looked[0].check, 1, Finding.MARKED, Cause.PERSONAL_NAME)
    assert is_safe([marked, *looked[1:]])
    unseen = replace(marked, finding=Finding.UNCHECKED, cause=Cause.NOT_CONFIGURED)
    assert not is_safe([unseen, *looked[1:]])
    assert not is_safe(looked[1:])
    assert not is_safe([])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Fate.DONE),
        (201, Fate.DONE),
        (202, Fate.LATER),
        (204, Fate.LATER),
        (301, Fate.LATER),
        (400, Fate.REFUSED),
        (404, Fate.REFUSED),
        (408, Fate.LATER),
        (409, Fate.RESUME),
        (413, Fate.REFUSED),
        (429, Fate.LATER),
        (499, Fate.REFUSED),
        (500, Fate.LATER),
        (503, Fate.LATER),
        (0, Fate.LATER),
    ],
)
def test_what_an_answer_means(status: int, expected: Fate) -> None:
    assert fate(status) is expected


def test_waits_grow_to_a_bound_and_are_shortened_by_chance() -> None:
    longest = [wait_ms(attempts, 1.0) for attempts in range(1, 30)]
    assert longest[:3] == [WAIT_MS_FIRST, 2 * WAIT_MS_FIRST, 4 * WAIT_MS_FIRST]
    assert longest == sorted(longest)
    assert longest[-1] == WAIT_MS_MAX
    assert [wait_ms(attempts, 0.0) for attempts in range(1, 30)] == [each // 2 for each in longest]
    assert wait_ms(0, 1.0) == WAIT_MS_FIRST


def test_the_other_side_may_ask_for_more_patience_but_not_for_ever() -> None:
    assert wait_ms(1, 0.0, retry_after_ms=3_600_000) == 3_600_000
    assert wait_ms(1, 0.0, retry_after_ms=1) == WAIT_MS_FIRST // 2
    assert wait_ms(1, 0.0, retry_after_ms=1 << 60) == RETRY_AFTER_MS_MAX


def test_caps() -> None:
    caps = Caps(3, 100)
    assert caps.left(Caps(1, 60)) == Caps(2, 40)
    assert caps.left(Caps(9, 900)) == Caps(0, 0)
    assert caps.allows(Caps(3, 100))
    assert not caps.allows(Caps(4, 1))
    assert not caps.allows(Caps(1, 101))


def test_every_drop_has_a_sentence() -> None:
    assert all(cause.sentence.endswith(".") for cause in DropCause)
