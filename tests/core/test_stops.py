"""`echo_core.stops`: drawings of where writing ends, and that pieces do not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.limits import COMPLETION_LINES_MAX
from echo_core.stops import StopRule, Writing, stop_rule
from echo_core.window import Window


def check_stop(drawing: str, kept: str, *, stops: bool = True) -> None:
    """`before├all that the model would write┤after`; `kept` is what may be used of it."""
    before, rest = drawing.split("├")
    written, after = rest.split("┤")
    writing = Writing(stop_rule(Window("", before, after)))
    assert writing.feed(written) is stops
    assert writing.stopped is stops
    assert writing.text == kept


@pytest.mark.parametrize(
    ("drawing", "kept"),
    [
        # one line: something stands before the cursor, or behind it
        ("x = ├1\ny = 2\n┤", "1"),
        ("x = ├1\r\ny = 2\n┤", "1"),
        ("x = ├\ny = 2\n┤", ""),
        ("├a = 1\nb = 2┤ + c\n", "a = 1"),
        # a block: until it is indented less
        ("def f():\n    ├a\n    b\n\td\n  c\n┤", "a\n    b\n\td"),
        ("def f():\n    ├a\n        b\n  c┤\n", "a\n        b"),
        ("def f():\r├    a\r    b\rc┤", "    a\r    b"),  # column 0: the first line says
        ("    ├\n  a┤", ""),
        # until a blank line after something
        ("├\n\na\nb\n\nc┤", "\n\na\nb"),
        ("├a\r\n  \r\nc┤", "a"),
        # until it has enough lines
        ("├" + "a\n" * 20 + "┤", "\n".join("a" * COMPLETION_LINES_MAX)),
        # closers behind the cursor leave it a block
        ("{\n  ├a\n  b\n\n┤});\n", "a\n  b"),
    ],
)
def test_writing_ends(drawing: str, kept: str) -> None:
    check_stop(drawing, kept)


@pytest.mark.parametrize(
    ("drawing", "kept"),
    [
        ("x = ├1, ┤", "1, "),
        ("    ├a\n    b┤", "a\n    b"),
        ("    ├a\n   ┤", "a"),  # white space may still turn out to be a dedent
        ("    ├  ┤", ""),
        ("├┤", ""),
    ],
)
def test_writing_may_go_on(drawing: str, kept: str) -> None:
    check_stop(drawing, kept, stops=False)


def test_the_first_line_is_there_before_the_end() -> None:
    writing = Writing(StopRule(single_line=False, line_prefix=""))
    seen = []
    for piece in ("\n", " if", " a:", "\r", "\n  b", "\n"):
        writing.feed(piece)
        seen.append(writing.first_line)
    assert seen == [None, None, None, "\n if a:", "\n if a:", "\n if a:"]
    assert not writing.stopped


def test_after_the_end_nothing_is_taken() -> None:
    writing = Writing(StopRule(single_line=True, line_prefix="x"))
    assert writing.feed("a\n")
    assert writing.feed("b")
    assert writing.text == "a"


lines = st.lists(st.sampled_from(["a", "  ", "\t", "\n", "\r", "\r\n", "}", "\f", "é"])).map(
    "".join
)
rules = st.builds(
    StopRule, st.booleans(), st.sampled_from(["", "  ", "    ", "\t"]), st.integers(1, 4)
)


@given(rules, lines, st.data())
def test_the_pieces_do_not_matter(rule: StopRule, written: str, data: st.DataObject) -> None:
    whole = Writing(rule)
    whole.feed(written)
    parts = Writing(rule)
    at, before = 0, ""
    while at < len(written):
        size = data.draw(st.integers(1, len(written) - at))
        stopped = parts.feed(written[at : at + size])
        assert stopped == parts.stopped
        assert parts.text.startswith(before)  # it never shrinks
        at, before = at + size, parts.text
    assert (parts.text, parts.stopped, parts.first_line) == (
        whole.text, whole.stopped, whole.first_line,
    )  # fmt: skip
    assert written.startswith(whole.text)
    if rule.single_line:
        assert "\n" not in whole.text
        assert "\r" not in whole.text
