"""Which document a text was, by the last texts of those that are gone."""

from __future__ import annotations

import pytest

from echo_core.experience.reunion import (
    CONFIDENCE_MAX,
    DIFFERENT_CHARS_MAX,
    Was,
    likeness,
    recognised,
)
from echo_daemon.mining.matching import RapidMatcher

MATCHER = RapidMatcher()
TEXT = "".join(f"def name_{number}():\n    return {number * 7919}\n" for number in range(40))
OTHER = "".join(f"value_{number} = {number * 104729}\n" for number in range(60))


def test_the_same_text_is_nearly_certain() -> None:
    assert recognised(TEXT, {"a": TEXT, "b": OTHER}, MATCHER) == Was("a", CONFIDENCE_MAX)


@pytest.mark.parametrize("at", [0, 700, len(TEXT)])
def test_a_text_that_was_edited_a_little_is_recognised(at: int) -> None:
    edited = TEXT[:at] + "# somebody was here, and wrote a line\n" + TEXT[at + 9 :]
    was = recognised(edited, {"a": TEXT}, MATCHER)
    assert was is not None
    assert (was.doc, 0.9 <= was.confidence < CONFIDENCE_MAX) == ("a", True)
    whole = 2 * MATCHER.common(edited, TEXT) / (len(edited) + len(TEXT))
    assert was.confidence == pytest.approx(whole, abs=0.01)


def test_what_is_another_is_not() -> None:
    assert recognised(TEXT, {"a": OTHER}, MATCHER) is None
    assert recognised(TEXT, {"a": TEXT[: len(TEXT) // 2]}, MATCHER) is None
    assert recognised(TEXT, {}, MATCHER) is None


def test_short_texts_say_nothing() -> None:
    short = "from a import b\n" + " " * 400
    assert recognised(short, {"a": short}, MATCHER) is None


def test_of_two_that_could_be_meant_neither_is() -> None:
    version = TEXT.replace("name_3", "name_x")
    assert recognised(TEXT, {"v1": TEXT, "v2": version}, MATCHER) is None
    further = TEXT[: 9 * len(TEXT) // 10] + OTHER[: len(TEXT) // 10]
    assert recognised(TEXT, {"v1": TEXT, "v2": further}, MATCHER) == Was("v1", CONFIDENCE_MAX)


def test_texts_that_differ_in_much_are_not_compared() -> None:
    size = DIFFERENT_CHARS_MAX + 1
    one, two = TEXT * 400 + "a" * size, TEXT * 400 + "b" * size
    assert likeness(one, two, MATCHER) == 0.0
    assert likeness(one, one[:-1], MATCHER) > 0.99
