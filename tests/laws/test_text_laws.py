"""Laws of `echo_core.text.document`: lines, positions, and texts that are edited step by step."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from echo_core.text import document as text_module
from echo_core.text.document import Encoding, Text, first_line, last_line, lines_of, split_lines
from echo_core.text.edits import Edit, apply

# Everything that could be mistaken for a line end, or has another width in another encoding.
PIECES: Final = (
    "a", " ", "\t", "\n", "\r\n", "\r", "\n\r", "\f", "\v", "\x1c", "\x85", "\u2028", "\u2029",
    "é", "e\u0301", "漢", "😀", "👩‍👩‍👧", "\ud83d", "\ude00", "\U0010ffff", "\x00",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
encodings = st.sampled_from(Encoding)


@st.composite
def edits_of(draw: st.DrawFn, length: int) -> Edit:
    start = draw(st.integers(0, length))
    end = draw(st.integers(start, min(length, start + draw(st.sampled_from([0, 1, 2, 40])))))
    return Edit(start, end, draw(texts))


def starts(text: Text) -> list[int]:
    return [text.line_start(line) for line in range(text.line_count)]


def plain_starts(content: str) -> list[int]:
    """The definition, character by character."""
    found = [0]
    for at in range(1, len(content) + 1):
        before, after = content[at - 1], content[at : at + 1]
        if before == "\n" or (before == "\r" and after != "\n"):
            found.append(at)
    return found


@pytest.fixture(params=[1, 2, 256], autouse=True)
def block_lines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same laws with tiny blocks, so that small texts have many."""
    monkeypatch.setattr(text_module, "BLOCK_LINES", request.param)
    monkeypatch.setattr(text_module, "BLOCK_LINES_MAX", 2 * request.param)


@given(texts)
@example("")
@example("\r")
@example("\r\r\n\n")
def test_line_starts_are_the_definition(content: str) -> None:
    assert starts(Text(content)) == plain_starts(content)


@given(texts)
def test_lines_and_their_ends_make_the_text(content: str) -> None:
    text = Text(content)
    lines = [text.line(n) for n in range(text.line_count)]
    assert not any("\n" in line or "\r" in line for line in lines)
    bounds = [*starts(text), len(text)]
    ends = [content[text.line_end(n) : bounds[n + 1]] for n in range(text.line_count)]
    assert set(ends[:-1]) <= {"\n", "\r\n", "\r"}
    assert ends[-1] == ""
    assert "".join(a + b for a, b in zip(lines, ends, strict=True)) == content


@given(texts, st.data())
def test_lines_can_be_had_without_splitting_all(content: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    lines = split_lines(content[start:end])
    assert list(lines_of(content[start:end])) == lines
    assert first_line(content, start, end) == lines[0]
    assert last_line(content, start, end) == lines[-1]


@given(texts, encodings)
def test_position_and_offset_are_inverse(content: str, encoding: Encoding) -> None:
    text = Text(content)
    for offset in range(len(text) + 1):
        line, character = text.position(offset, encoding)
        if content[offset - 1 : offset + 1] == "\r\n" and offset > 0:
            assert text.offset(line, character, encoding) == offset - 1
        else:
            assert text.offset(line, character, encoding) == offset


def widths(line: str, encoding: Encoding) -> list[int]:
    """Units of each character, from the codecs, one character at a time."""
    codec = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
    name, size = codec[encoding.value]
    return [len(char.encode(name, "surrogatepass")) // size for char in line]


@given(texts, encodings, st.integers(-2, 12), st.integers(-2, 60))
def test_any_position_is_clamped(
    content: str, encoding: Encoding, line: int, character: int
) -> None:
    text = Text(content)
    offset = text.offset(line, character, encoding)
    if line >= text.line_count:
        assert offset == len(text)
        return
    n = max(line, 0)
    units, expected = 0, text.line_start(n)
    for width in widths(text.line(n), encoding):
        if units + width > character:
            break
        units += width
        expected += 1
    assert offset == expected


@given(texts, encodings)
def test_position_counts_the_units_of_the_encoding(content: str, encoding: Encoding) -> None:
    text = Text(content)
    for offset in range(len(text) + 1):
        line, character = text.position(offset, encoding)
        before = content[text.line_start(line) : min(offset, text.line_end(line))]
        assert character == sum(widths(before, encoding))


@given(texts, st.data())
@example("a\r\nb", None)
def test_edited_is_a_fresh_text(content: str, data: st.DataObject | None) -> None:
    if data is None:  # every edit of one character in and around a \r\n
        steps = [
            [Edit(start, end, inserted)]
            for start in range(len(content) + 1)
            for end in range(start, len(content) + 1)
            for inserted in ("", "x", "\r", "\n", "\r\n")
        ]
    else:
        steps = [[]]
        length = len(content)
        for _ in range(data.draw(st.integers(1, 6))):
            steps[0].append(data.draw(edits_of(length)))
            length += steps[0][-1].growth
    for edits in steps:
        text, plain = Text(content), content
        for edit in edits:
            text, plain = text.edited(edit), apply(plain, edit)
            assert text.content == plain
            assert starts(text) == starts(Text(plain)) == plain_starts(plain)
            assert [text.line_of(at) for at in range(len(plain) + 1)] == [
                Text(plain).line_of(at) for at in range(len(plain) + 1)
            ]
