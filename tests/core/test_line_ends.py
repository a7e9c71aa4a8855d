r"""Texts that differ in their line ends alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.text.line_ends import like

# Without \r\r\n: of that git makes \r\n, and nobody can say which it was.
lines = st.lists(
    st.tuples(st.text("ab ", max_size=3), st.sampled_from(("\n", "\r\n", "\rx\n"))), max_size=8
)
texts = st.builds(lambda found, last: "".join(map("".join, found)) + last, lines, st.text("ab"))


def plain(text: str) -> str:
    return text.replace("\r\n", "\n")


@given(texts)
def test_what_version_control_made_plain_is_as_it_was(text: str) -> None:
    assert like(plain(text), text) == text


@given(texts, texts)
def test_nothing_but_line_ends_changes(text: str, reference: str) -> None:
    shown = like(text, reference)
    assert plain(shown) == plain(text)
    assert like(shown, reference) == shown


@pytest.mark.parametrize(
    ("text", "reference", "shown"),
    [
        ("a\nb\n", "x\r\n", "a\r\nb\r\n"),
        ("a\r\nb\r\n", "x\n", "a\nb\n"),
        ("a\r\nb\n", "no line end", "a\r\nb\n"),
        ("a\rb\n", "a\rb\r\n", "a\rb\r\n"),
        ("1\nnew\n3\n", "1\n2\r\n3\r\n", "1\nnew\r\n3\r\n"),
        ("1\n1\n", "1\r\n2\n3\r\n1\n", "1\r\n1\n"),
        ("", "1\r\n2\n", ""),
    ],
)
def test_drawings(text: str, reference: str, shown: str) -> None:
    assert like(text, reference) == shown
