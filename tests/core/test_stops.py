"""`echo_core.completion.stops`: drawings of where writing ends, and that pieces do not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.stops import StopRule, Writing, stop_rule
from echo_core.completion.window import Window
from echo_core.limits import COMPLETION_LINES_MAX


def check_stop(drawing: str, kept: str, *, stops: bool = True, block: bool | None = None) -> None:
    """`before├all that the model would write┤after`; `kept` is what may be used of it."""
    before, rest = drawing.split("├")
    written, after = rest.split("┤")
    writing = Writing(stop_rule(Window("", before, after), block))
    assert writing.feed(written) is stops
    assert writing.stopped is stops
    assert writing.text == kept


MANY = "".join(f"{char}\n" for char in "abcdefghijklmnopqrst")


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
        (f"├{MANY}┤", MANY[: 2 * COMPLETION_LINES_MAX - 1]),
        # closers behind the cursor leave it a block
        ("{\n  ├a\n  b\n\n┤});\n", "a\n  b"),
        # until the document's next line
        ("  ├a\n  b\n  c\n┤\n\n  b \n", "a"),
        ("  ├a\n    b\n  b\r\n┤\n  b\n", "a\n    b"),
        ("├a {\n}\nb\nb\nb\n┤\n}\n", "a {\n}\nb\nb"),  # a closer alone says nothing
        # until a line is there for the third time, or lines go round
        ("  ├a\n  a\n  a\n┤", "a\n  a"),
        ("├a\nb\nb \nb\n┤", "a\nb\nb "),
        ("├a\nb\na\nb\na┤", "a\nb\na\nb"),
        ("├x\na\nb\nc\na\nb\nc\nd\n┤", "x\na\nb\nc\na\nb\nc"),
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


@pytest.mark.parametrize(
    ("drawing", "kept"),
    [
        # behind what opens a block, it may begin with a line end
        ("def f():├\n    a\n    b\n\nc┤\n", "\n    a\n    b"),
        ("  if a:├\n    b\n  c┤\n", "\n    b"),
        ("  if a:├\n    b\n   c┤\n", "\n    b"),
        ("if a:├\nb┤\n", ""),
        ("if a:├ b\nc┤\n", " b"),
        ("if a {├ b }\nc┤\n", " b }"),
        # and ends with its closers, if there are none yet
        ("f() {├\n  a\n}\nb┤\n", "\n  a\n}"),
        ("f(() => {├\n  a\n}); // b┤\n", "\n  a\n});"),
        ("if a {├\n  b\n} else {\n  c\n}┤\n", "\n  b\n}"),
        ("f() {├\n  a\n}\nb┤}\n", "\n  a"),
        ("f() {├\n}\nb┤\n", ""),
        ("  f() {├\n    a\n}\nb┤\n", "\n    a"),
        # in the middle of a line it is one line all the same
        ("f() {├\n  a\n┤ b\n", ""),
    ],
)
def test_a_block_that_is_opened_here(drawing: str, kept: str) -> None:
    check_stop(drawing, kept, block=True)


def test_whoever_knows_better_decides() -> None:
    check_stop("    ├a\n    b┤\n", "a", block=False)
    check_stop("    ├a\n    b\n  c┤\n", "a\n    b", block=True)
    check_stop("x = ├a\n    b┤\n", "a", block=False)


def test_a_line_that_may_be_the_end_is_held_back() -> None:
    writing = Writing(stop_rule(Window("", "  ", "\n  beta\n")))
    seen = []
    for piece in ("be", "ta\n", "  be", "ta", "s\n", "  beta", "\n"):
        writing.feed(piece)
        seen.append(writing.text)
    first = "beta"
    assert seen == ["be", first, first, first, "beta\n  betas", "beta\n  betas", "beta\n  betas"]
    assert writing.stopped


def test_closers_are_there_at_once() -> None:
    writing = Writing(StopRule(single_line=False, line_prefix="f() {", opens=True))
    writing.feed("\n  a\n}")
    assert writing.text == "\n  a\n}"
    assert not writing.stopped
    writing.feed(" ")
    assert writing.text == "\n  a\n}"


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
    StopRule,
    st.booleans(),
    st.sampled_from(["", "  ", "    ", "\t", "a", "  a"]),
    st.integers(1, 8),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "a", "  a", "aa", "}"]),
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


def test_what_comes_after_the_first_line_is_nothing_until_it_is_there() -> None:
    writing = Writing(StopRule(single_line=False, line_prefix=""))
    writing.feed("a = 1\n")
    assert writing.first_line == "a = 1"
    assert writing.lines.rstrip() == "a = 1"
    assert writing.line_after(len("a = 1")) is None
    writing.feed("b = 2\n")
    assert writing.line_after(len("a = 1")) == "\nb = 2"
