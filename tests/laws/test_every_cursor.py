"""The whole pure path of a completion, at every cursor of every kind of text: never an exception.

What goes out is a range of one place, and positions that mean the same in all three encodings.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.pipeline import polish
from echo_core.completion.stops import Writing, stop_rule
from echo_core.completion.window import window_at
from echo_core.text.document import Encoding, Text

ODD = "ab \t\n\r\f\u2028\u0085()}\"'#\U0001f600e\u0301\ud83d\x00"
WRITTEN = st.text(alphabet=ODD + "xyz", max_size=40)


def complete_at(text: str, offset: int, written: str) -> None:
    """A completion at `offset`, as the daemon makes it and the server sends it."""
    window = window_at(text, offset)
    assert text[:offset].endswith(window.head + window.tail)
    writing = Writing(stop_rule(window))
    for char in written:
        if writing.feed(char):
            break
    kept, refused_by = polish(writing.text, PolishContext.at(text, offset))
    assert bool(kept) != bool(refused_by) or not writing.text
    mirror = Text(text)
    for encoding in Encoding:
        line, character = mirror.position(offset, encoding)
        assert mirror.offset(line, character, encoding) == offset or _inside_pair(text, offset)


def _inside_pair(text: str, offset: int) -> bool:
    """Between `\\r` and `\\n` there is no position of LSP; between code points there always is."""
    return text[offset - 1 : offset + 1] == "\r\n"


@given(st.text(alphabet=ODD, max_size=60), WRITTEN)
def test_every_cursor_of_odd_texts(text: str, written: str) -> None:
    for offset in range(len(text) + 1):
        complete_at(text, offset, written)


@pytest.mark.parametrize(
    "text",
    ["", "x", "no newline", "\n", "\r\n", "\r", "\ufeffdef f():\r\n\treturn 1\r\n"],
)
def test_every_cursor_of_small_files(text: str) -> None:
    for offset in range(len(text) + 1):
        complete_at(text, offset, "value\n\n  more")


@pytest.mark.parametrize(
    "text", ["x" * (1 << 20), "line = 1\n" * 1_200_000, "\U0001f600" * 50_000], ids=len
)
def test_huge_texts(text: str) -> None:
    for offset in (0, 1, len(text) // 2, len(text) - 1, len(text)):
        complete_at(text, offset, "value")
