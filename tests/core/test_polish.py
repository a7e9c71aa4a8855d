"""What is there already, and nothing: the laws of all filters are here too.

The other filters' drawings are in `test_polish_drawings.py`.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.polish.context import AFTER_CHARS_MAX, BEFORE_CHARS_MAX, PolishContext
from echo_core.completion.polish.pipeline import polish
from echo_core.text.document import split_lines


def check_polish(drawing: str, expected: str, refused_by: str = "") -> None:
    """`expected` is drawn the same way; the brackets hold nothing when a filter refuses.

    Drawn as if invoked: names are short here, and `too_short` has its own drawings.
    """
    before, rest = drawing.split("├")
    written, after = rest.split("┤")
    kept, refused = polish(written, PolishContext.at(before + after, len(before), invoked=True))
    assert f"{before}├{kept}┤{after}" == expected
    assert refused == refused_by


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        # closers and ends that the line has already
        ("print(├value)┤)\n", "print(├value┤)\n"),
        ("print(├value);┤);\n", "print(├value┤);\n"),
        ("print(├foo(a)┤)\n", "print(├foo(a)┤)\n"),
        ("print(├foo(a))┤)\n", "print(├foo(a)┤)\n"),
        ("x = [├f(1)]┤]", "x = [├f(1)┤]"),
        ('print("├abc")┤")', 'print("├abc┤")'),
        ('print(├"abc"┤")', 'print(├"abc"┤")'),
        ('print(├"a\\""┤"x', 'print(├"a\\""┤"x'),
        ('f(├"a", "b"┤, "b")', 'f(├"a"┤, "b")'),
        ("foo(├a, b)┤, b)\n", "foo(├a┤, b)\n"),
        ("foo(x, ├foo(a, b)┤, b)\n", "foo(x, ├foo(a, b)┤, b)\n"),
        ("self.├beta┤a = 1\n", "self.├beta┤a = 1\n"),  # no word is cut in two
        ("v = ├new_value┤value\n", "v = ├new_value┤value\n"),
        # what stands on the lines below
        ("if (x) {\n├    foo()\n}┤\n}\n", "if (x) {\n├    foo()┤\n}\n"),
        ("if (x) {\n├    foo()\n}┤\n\n}\n", "if (x) {\n├    foo()┤\n\n}\n"),
        ("{\n├if (y) {\n}┤\n}\n", "{\n├if (y) {\n}┤\n}\n"),
        ("{\n├if (y) {\n}┤\n\n}\n", "{\n├if (y) {\n}┤\n\n}\n"),
        ("    ├a()\n    b()\n    c()┤\n    b()\n    c()\n", "    ├a()┤\n    b()\n    c()\n"),
        ("├a\r\n\r\n  b\r\nc┤\r\n\r\n  b\r\n\r\nc\r\n", "├a┤\r\n\r\n  b\r\n\r\nc\r\n"),
        ("if a:\n├        b\n┤    b\n", "if a:\n├        b\n┤    b\n"),
        ("├pass\n\n\ndef g():┤\n\n\ndef g():\n", "├pass┤\n\n\ndef g():\n"),
        ("x = ├[1,\n  2]┤\n  2]\n", "x = ├[1,┤\n  2]\n"),
        # white space
        ("x = ├1  \n\n┤\ny\n", "x = ├1┤\ny\n"),
        ("f(├a, ┤b)\n", "f(├a, ┤b)\n"),
        ("f(├a ┤)\n", "f(├a┤)\n"),
        ("├import os\n┤import re\n", "├import os\n┤import re\n"),
        ("├x = 1┤", "├x = 1┤"),
    ],
)
def test_what_is_there_already_is_cut(drawing: str, expected: str) -> None:
    check_polish(drawing, expected)


@pytest.mark.parametrize(
    ("drawing", "refused_by"),
    [
        ("x = ├┤\n", "blank"),
        ("x = ├ \n  ┤\n", "blank"),
        ("f(├  ┤a)\n", "blank"),
        ("    ├return x┤\n    return x\n", "repeats_next_line"),
        ("    ret├urn x┤\n\n    return x\n", "repeats_next_line"),
        ("├a\n\nb┤\na\nb\nc\n", "repeats_next_line"),
        ("print(├)┤)\n", "suffix_overlap"),
        ("call(├ )┤)\n", "suffix_overlap"),
    ],
)
def test_what_says_nothing_new_is_refused_by_name(drawing: str, refused_by: str) -> None:
    before, rest = drawing.split("├")
    check_polish(drawing, f"{before}├┤{rest.split('┤')[1]}", refused_by)


def test_a_brace_of_another_depth_is_no_repetition() -> None:
    check_polish("{\n  {\n    x\n  ├}┤\n}\n", "{\n  {\n    x\n  ├}┤\n}\n")


def test_the_context_is_the_cursors_line_and_what_follows() -> None:
    context = PolishContext.at("a\r\n\t  b = c\r\n\r\n  d \n", 9)
    assert context == PolishContext("\t  b =", " c\r\n\r\n  d \n", above=("a",))
    assert context.indentation == "\t  "
    assert context.line_rest == " c"
    assert context.next_lines(5) == ["  d"]
    far = PolishContext.at("x" * 10_000, 5_000)
    assert (len(far.line_prefix), len(far.after)) == (BEFORE_CHARS_MAX, AFTER_CHARS_MAX)
    assert (context.whole, far.whole) == (True, False)
    assert PolishContext.at("if a:\n\n    b", 12).line_above == "if a:"
    assert PolishContext.at("\nb", 1).line_above == ""


code = st.text(alphabet="ab_1(){}[]\"'`,;\\ \t\n\r", max_size=24)


@given(code, code, code, st.booleans())
def test_a_filter_cuts_the_end_and_changes_white_space_alone(
    before: str, written: str, after: str, invoked: bool
) -> None:
    context = PolishContext.at(before + after, len(before), invoked=invoked)
    kept, refused_by = polish(written, context)
    assert bool(kept) != bool(refused_by)
    assert kept == "" or kept.strip()
    # Line by line a beginning of what was written, but for white space at the lines' starts.
    kept_lines = [line.lstrip() for line in split_lines(kept)]
    lines = [line.lstrip() for line in split_lines(written)]
    whole = len(kept_lines) - 1
    assert kept_lines[:whole] == lines[:whole]
    assert lines[whole].startswith(kept_lines[whole])
