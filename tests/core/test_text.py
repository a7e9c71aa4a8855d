"""Drawings of `echo_core.text.document`: clamping, equality, refusals (laws: `tests/laws`)."""

from __future__ import annotations

import pytest

from echo_core.errors import EditError, InputError
from echo_core.text.document import BLOCK_LINES, Encoding, Text
from echo_core.text.edits import Edit


def test_encodings_are_named_as_the_protocol_names_them() -> None:
    assert [encoding.value for encoding in Encoding] == ["utf-8", "utf-16", "utf-32"]


@pytest.mark.parametrize(
    ("line", "character", "encoding", "offset"),
    [
        (0, 1, Encoding.UTF16, 1),
        (0, 2, Encoding.UTF16, 1),  # inside the pair: its start
        (0, 3, Encoding.UTF16, 2),
        (0, 99, Encoding.UTF16, 3),  # before the \r\n
        (0, 2, Encoding.UTF8, 1),
        (0, 4, Encoding.UTF8, 1),
        (0, 5, Encoding.UTF8, 2),
        (0, 99, Encoding.UTF8, 3),
        (0, 2, Encoding.UTF32, 2),
        (0, 99, Encoding.UTF32, 3),
        (1, 1, Encoding.UTF16, 6),  # an ASCII line of a text that is not
        (1, 9, Encoding.UTF16, 6),
        (1, 9, Encoding.UTF8, 6),
        (2, 0, Encoding.UTF16, 6),
        (-1, -1, Encoding.UTF16, 0),
    ],
)
def test_positions_are_clamped(line: int, character: int, encoding: Encoding, offset: int) -> None:
    assert Text("a😀b\r\nc").offset(line, character, encoding) == offset


def test_form_feed_and_separators_end_no_line() -> None:
    text = Text("a\fb\u2028c\x85d\ne")
    assert [text.line(n) for n in range(text.line_count)] == ["a\fb\u2028c\x85d", "e"]


def test_texts_are_values_and_their_repr_keeps_the_secret() -> None:
    assert Text("a\nb") == Text("a\n").edited(Edit(2, 2, "b"))
    assert hash(Text("a")) == hash(Text("a"))
    assert Text("a") != "a"
    assert repr(Text("sesame\n")) == "<Text of 7 characters in 2 lines>"


def test_a_large_text_is_edited_across_blocks() -> None:
    content = "line\n" * (5 * BLOCK_LINES)
    text = Text(content)
    grown = text.edited(Edit(7, 7, "\n" * (3 * BLOCK_LINES)))
    assert grown.line_count == 8 * BLOCK_LINES + 1
    assert grown.line_start(grown.line_count - 1) == len(grown)
    shrunk = grown.edited(Edit(3, len(grown) - 5, ""))
    assert shrunk.content == "linline\n"
    assert [shrunk.line_start(n) for n in range(shrunk.line_count)] == [0, 8]


def test_outside_is_refused() -> None:
    text = Text("ab\n")
    with pytest.raises(InputError):
        text.line_start(2)
    with pytest.raises(InputError):
        text.line(-1)
    with pytest.raises(InputError):
        text.line_of(4)
    with pytest.raises(InputError):
        text.position(-1, Encoding.UTF8)
    with pytest.raises(EditError):
        text.edited(Edit(2, 4, ""))
