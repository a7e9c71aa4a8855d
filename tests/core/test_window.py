"""Windows: what stays put while a person types, and what moves when it must."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from echo_core import limits
from echo_core.completion.context import Context
from echo_core.completion.window import Window, same_anchors, starts_alike, window_at

LINES = [f"line {number} = {number * number}\n" for number in range(400)]
DOCUMENT = "".join(LINES)


def at_line(number: int) -> int:
    return sum(len(line) for line in LINES[:number])


def test_the_three_parts_are_the_document_around_the_cursor() -> None:
    cursor = at_line(100) + 4
    window = window_at(DOCUMENT, cursor)
    before = window.head + window.tail
    assert DOCUMENT[:cursor].endswith(before)
    assert DOCUMENT[cursor:].startswith(window.suffix)
    assert window.tail.count("\n") == limits.TAIL_LINES
    assert window.head.startswith("line")
    assert window.suffix.endswith("\n")
    assert len(window.head) <= limits.HEAD_CHARS_FRESH
    assert len(window.suffix) <= limits.SUFFIX_CHARS_MAX


def test_typing_leaves_the_anchors_alone() -> None:
    cursor = at_line(100)
    first = window_at(DOCUMENT, cursor)
    text, window = DOCUMENT, first
    for char in "total = sum(xs)\n":
        text = text[:cursor] + char + text[cursor:]
        cursor += 1
        window = window_at(text, cursor, window)
        assert same_anchors(first, window)
    assert window.tail.endswith("total = sum(xs)\n")


def test_closers_that_an_editor_adds_leave_the_anchors_alone() -> None:
    text, cursor = "call\nnext\n", 4
    first = window_at(text, cursor)
    window = window_at("call()\nnext\n", 5, first)
    assert same_anchors(first, window)
    assert not same_anchors(first, window_at("call(x\nnext\n", 5, first))
    assert not same_anchors(None, first)


def test_more_closers_than_an_editor_adds_move_the_anchors() -> None:
    first = window_at("f(x\n", 3)
    assert not same_anchors(first, window_at("f(x)))))\n", 3, first))
    assert same_anchors(first, window_at("f(x))))\n", 3, first))


def test_lines_added_far_above_leave_the_anchors_alone() -> None:
    cursor = at_line(100)
    first = window_at(DOCUMENT, cursor)
    added = "import os\n" * 3
    assert same_anchors(first, window_at(added + DOCUMENT, cursor + len(added), first))


def test_an_edit_in_the_head_or_the_suffix_moves_the_anchors() -> None:
    cursor = at_line(100)
    first = window_at(DOCUMENT, cursor)
    changed = DOCUMENT[: at_line(90)] + "x" + DOCUMENT[at_line(90) :]
    assert not same_anchors(first, window_at(changed, cursor + 1, first))
    changed = DOCUMENT[:cursor] + "\n" + DOCUMENT[cursor:]
    assert not same_anchors(first, window_at(changed, cursor, first))


def test_a_long_tail_moves_into_the_head_which_keeps_its_start() -> None:
    cursor = at_line(100)
    window = first = window_at(DOCUMENT, cursor)
    text = DOCUMENT
    while same_anchors(first, window):
        text = text[:cursor] + "typed = 1\n" + text[cursor:]
        cursor += len("typed = 1\n")
        window = window_at(text, cursor, window)
    assert window.head.startswith(first.head)
    assert len(window.head) <= limits.HEAD_CHARS_MAX
    assert len(window.tail) <= limits.TAIL_CHARS_FRESH


def test_a_head_that_would_grow_too_long_starts_anew() -> None:
    window = window_at(DOCUMENT, at_line(60))
    later = window_at(DOCUMENT, at_line(390), window)
    assert len(later.head) <= limits.HEAD_CHARS_FRESH
    assert not later.head.startswith(window.head)


def test_what_is_shown_besides_stays_with_the_windows_of_a_place() -> None:
    context = Context("echo", "a.py", "python", outline="import os")
    window = replace(window_at(DOCUMENT, at_line(60)), context=context)
    typed = DOCUMENT[: at_line(60)] + "x" + DOCUMENT[at_line(60) :]
    assert window_at(typed, at_line(60) + 1, window).context is context
    moved = window_at(DOCUMENT, at_line(61), window)
    assert not same_anchors(window, moved)
    assert starts_alike(window, moved)
    assert moved.context is context
    assert not same_anchors(window, replace(window, context=replace(context, outline="import re")))


def test_a_head_starts_anew_or_goes_on() -> None:
    one = Window("head", "", "")
    assert starts_alike(one, Window("header", "x", "y"))
    assert not starts_alike(one, Window("other head", "", ""))
    assert not starts_alike(None, one)
    assert not starts_alike(Window("", "", ""), one)
    assert starts_alike(Window("", "a", ""), Window("", "ab", ""))


def test_one_endless_line_is_cut_by_characters() -> None:
    text = "x" * 50_000
    window = window_at(text, 25_000)
    assert len(window.head) == limits.HEAD_CHARS_FRESH
    assert len(window.tail) == limits.TAIL_CHARS_FRESH
    assert len(window.suffix) == limits.SUFFIX_CHARS_MAX


def test_the_start_of_a_document_has_no_head() -> None:
    first = window_at("", 0)
    assert first == Window("", "", "")
    assert same_anchors(first, window_at("ab", 2, first))
    assert not same_anchors(first, window_at("ab", 1, first))
    far = "y" * (limits.TAIL_CHARS_MAX + 1)
    assert not same_anchors(first, window_at(far, len(far), first))


@given(
    st.text(alphabet="ab\n)", max_size=3000),
    st.floats(0, 1),
    st.text(alphabet="ab\n)", max_size=50),
    st.floats(0, 1),
)
def test_a_window_is_always_the_text_at_its_cursor(
    text: str, where: float, inserted: str, then: float
) -> None:
    at = int(where * len(text))
    first = window_at(text, at)
    changed = text[:at] + inserted + text[at:]
    later = int(then * len(changed))
    window = window_at(changed, later, first)
    assert changed[:later].endswith(window.head + window.tail)
    rest = changed[later:]
    assert rest.startswith(window.suffix) or rest.lstrip(")").startswith(window.suffix.lstrip(")"))
    assert len(window.head) <= limits.HEAD_CHARS_MAX
    assert len(window.tail) <= limits.TAIL_CHARS_MAX
