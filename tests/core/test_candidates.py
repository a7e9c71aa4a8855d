"""What makes a proposal another one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.candidates import distinct, opening

texts = st.text("ab_ (.\n\té1", max_size=8)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("return x", "return"),
        ("\n    for x in y:", "for"),
        (" -> int:", "->"),
        ("():", "():"),
        ('"name"', '"'),
        ("naïve_1(", "naïve_1"),
        (" \n", ""),
        ("", ""),
    ],
)
def test_how_a_text_begins(text: str, begins: str) -> None:
    assert opening(text) == begins


def test_what_is_distinct() -> None:
    assert distinct("b = 1", ["a = 1", "c"])
    assert distinct("a", [])
    assert not distinct("a  =\n1", ["b", "a=1"])  # white space
    assert not distinct("a = 1", ["a"])  # a longer end
    assert not distinct("a", ["a = 1"])
    assert not distinct("", ["a"])


@given(texts, texts)
def test_laws(one: str, other: str) -> None:
    assert distinct(one, [other]) == distinct(other, [one])
    assert not distinct(one, [one + other])
    assert opening(one) in one
    assert opening(" " + one) == opening(one)
    if opening(one) != opening(other) and opening(one).isalnum() and opening(other).isalnum():
        a, b = opening(one), opening(other)
        assert distinct(one, [other]) or a.startswith(b) or b.startswith(a)
