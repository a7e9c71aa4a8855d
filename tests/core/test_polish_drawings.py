"""Drawings of single filters: `before├written┤after`, and what of it the filter lets through.

What the whole pipeline lets through is in `test_polish.py` and `test_polish_whole.py`.
"""

from __future__ import annotations

from collections import Counter

import pytest

from echo_core.completion.polish.block_scope import block_scope
from echo_core.completion.polish.bracket_balance import bracket_balance
from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.indentation import indentation
from echo_core.completion.polish.pipeline import ORDER, Filter
from echo_core.completion.polish.repeated_lines import repeated_lines
from echo_core.completion.polish.too_short import too_short
from echo_core.completion.polish.undoes_deletion import undoes_deletion


def check(
    filtered: Filter, drawing: str, expected: str, *, removed: str = "", invoked: bool = False
) -> None:
    """`expected` is what stands between the brackets afterwards; "" where it is refused."""
    before, rest = drawing.split("├")
    written, after = rest.split("┤")
    context = PolishContext.at(before + after, len(before), removed=removed, invoked=invoked)
    assert (filtered(written, context) or "") == expected


def test_every_filter_is_there_once_but_for_trailing_space() -> None:
    counts = Counter(step.__name__ for step in ORDER)
    assert {name for name, count in counts.items() if count != 1} == {"trailing_space"}


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        # too deep: the cursor's own indentation was written again
        ("a\n    ├    foo()┤\n", "foo()"),
        ("a\n    ├    foo()\n    bar()┤\n", "foo()\n    bar()"),
        (
            "a\n    ├    if foo:\n            bar()\n        baz()┤\n",
            "if foo:\n        bar()\n    baz()",
        ),
        ("a\n\t├\tfoo()\n\tbar()┤\n", "foo()\n\tbar()"),
        # as deep as a line above wants it
        ("if a:\n├    foo()┤\n", "    foo()"),
        ("  if a:\n  ├  foo()┤\n", "  foo()"),
        ("f(\n├    foo┤\n)\n", "    foo"),
        # a line end first: the lines below stand for themselves
        ("if a:├\n    foo()┤\n", "\n    foo()"),
        # the document's step
        (
            "if a {\n  b\n}\n├if foo {\n    bar()\n    baz()\n}┤\n",
            "if foo {\n  bar()\n  baz()\n}",
        ),
        (
            "if a:\n    b\n├if foo:\n  if bar:\n    baz()\n  boo()┤\n",
            "if foo:\n    if bar:\n        baz()\n    boo()",
        ),
        ("if a {\n  b\n}\nif (foo) {├\n    bar()\n}┤\n", "\n  bar()\n}"),
        # what hangs or is aligned keeps its distance
        ("if a {\n  b\n}\n├foo(a,\n    b)┤\n", "foo(a,\n    b)"),
        ("if a {\n  b\n}\n├if f(a,\n     b) {\n    c\n}┤\n", "if f(a,\n     b) {\n    c\n}"),
        # steps of two widths say nothing
        ("if a:\n  b\nif c:\n    d\n├if foo:\n   bar()┤\n", "if foo:\n   bar()"),
        # tabs where there are tabs, spaces where there are spaces
        ("if a:\n\tb\n├if foo:\n    bar()\n    if baz:\n        boo()┤\n",
         "if foo:\n\tbar()\n\tif baz:\n\t\tboo()"),
        ("if a:\n\tb\n├if foo:\n  bar()\n  baz()┤\n", "if foo:\n\tbar()\n\tbaz()"),
        ("if a:\n\tb\n├foo(a,\n      b)┤\n", "foo(a,\n\t  b)"),
        ("if a:\n  b\n├if foo:\n\tbar()\n\tif baz:\n\t\tboo()┤\n",
         "if foo:\n  bar()\n  if baz:\n    boo()"),
        ("if a:\n    b\n├if foo:\r\n\tbar()┤\n", "if foo:\r\n    bar()"),
        # both, or neither, say nothing
        ("if a:\n\tb\nif c:\n    d\n├if foo:\n  bar()\n\tbaz()┤\n", "if foo:\n  bar()\n\tbaz()"),
        ("├if foo:\n\tbar()┤\n", "if foo:\n\tbar()"),
        # less deep than it began
        ("a\n    ├foo()\n  bar()┤\n", "foo()\n  bar()"),
        ("├\n\n┤", "\n\n"),
    ],
)  # fmt: skip
def test_indentation(drawing: str, expected: str) -> None:
    check(indentation, drawing, expected)


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("if a:\n    ├foo()\n    bar()\nbaz()┤\n", "foo()\n    bar()"),
        ("if a:\n    ├foo()\n\nbar()┤\n", "foo()"),
        ("if a:\n├    foo()\n    bar()\nbaz()┤\n", "    foo()\n    bar()"),
        ("├foo()\nbar()┤\n", "foo()\nbar()"),
        ("    foo(├a,\n        b)┤\n", "a,\n        b)"),
        ("    foo(├a,\nb)┤\n", "a,"),
        # behind what opens a block
        ("if a:├\n    foo()\nbar()┤\n", "\n    foo()"),
        ("if a:├\nfoo()┤\n", ""),
        ("f() {├\n  foo()\n}\nbar()┤\n", "\n  foo()\n}"),
        ("f(() => {├\n  foo()\n}); bar()┤\n", "\n  foo()\n});"),
        ("f() {├\n}┤\n", ""),
        ("f() {├ foo() }┤\n", " foo() }"),
        ("├\n┤\n", "\n"),
    ],
)
def test_block_scope(drawing: str, expected: str) -> None:
    check(block_scope, drawing, expected)


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        # a line, two or three lines again and again
        ("├foo()\nfoo()\nfoo()┤\n", "foo()"),
        ("├foo()\nbar()\nbar()┤\n", "foo()\nbar()"),
        ("├foo()\n\nfoo()\n\nfoo()┤\n", "foo()"),
        ("├foo()\nbar()\nfoo()\nbar()┤\n", "foo()\nbar()"),
        ("├a = 1\nb = 2\nc = 3\na = 1\nb = 2\nc = 3\na =┤\n", "a = 1\nb = 2\nc = 3"),
        ("x = ├foo()\nx = foo()\nx = fo┤\n", "foo()"),
        # not finished: it may become something else
        ("├foo()\nfoo┤\n", "foo()\nfoo"),
        # lines above count
        ("foo()\nfoo()\n├foo()┤\n", ""),
        ("foo()\n├foo()┤\n", "foo()"),
        ("foo()\nbar()\n├foo()\nbar()┤\n", ""),
        # another depth, another line, no word
        ("├{\n  {\n  }\n}┤\n", "{\n  {\n  }\n}"),
        ("├foo(1)\nfoo(2)\nfoo(3)┤\n", "foo(1)\nfoo(2)\nfoo(3)"),
        ("├foo(\n)\n)\n)┤\n", "foo(\n)\n)\n)"),
        # within a line
        ("x = ├foo, foo, foo, foo, foo, foo, foo┤\n", "foo, "),
        ("x = ├[0, 0, 0, 0, 0, 0, 0, 0┤\n", "[0, "),
        ("x = ├[0, 0, 0, 0, 0, 0, 0, 0, 1]┤\n", "[0, 0, 0, 0, 0, 0, 0, 0, 1]"),
        ("x = ├'----------------------------'┤\n", "'----------------------------'"),
    ],
)
def test_repeated_lines(drawing: str, expected: str) -> None:
    check(repeated_lines, drawing, expected, invoked=True)


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("x = f(a├, b))┤\n", ", b)"),
        ("x = ├f(a)))┤\n", "f(a)"),
        ("x = ├f(a) ])┤\n", "f(a)"),
        ("if (a) {\n    ├foo()\n}┤\n", "foo()\n}"),
        ("if (a) {\n    ├foo()\n}\n}┤\n", "foo()\n}\n"),
        ("x├)┤\n", ""),
        # brackets of strings, and apostrophes, are none
        ('x = f(├")", a))┤\n', '")", a)'),
        ('x = f("\\")"├, ")"))┤\n', ', ")")'),
        ("# don't (\nx = f(├a)┤\n", "a)"),
        # something follows: not the end
        ("x = ├a) + b┤\n", "a) + b"),
        # left open in between
        ("x = f([├a)┤\n", "a)"),
        ("f(├a,\r\n  b))┤\r\n", "a,\r\n  b)"),
    ],
)
def test_bracket_balance(drawing: str, expected: str) -> None:
    check(bracket_balance, drawing, expected, invoked=True)


def test_a_brace_may_close_what_is_not_seen() -> None:
    far = "x\n" * 4000
    check(bracket_balance, f"{far}    ├foo()\n}}┤\n", "foo()\n}")
    check(bracket_balance, f"{far}    ├foo())┤\n", "foo()")


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("x = ├1┤\n", ""),
        ("x = f(├a)┤\n", ""),
        ("def f()├:┤\n", ""),
        ("x = [├]┤\n", ""),
        ("x = ├12┤\n", "12"),
        ("x = f(├a,b┤\n", "a,b"),
    ],
)
def test_too_short(drawing: str, expected: str) -> None:
    check(too_short, drawing, expected)


def test_whoever_asks_may_have_a_single_character() -> None:
    check(too_short, "x = ├1┤\n", "1", invoked=True)


@pytest.mark.parametrize(
    ("removed", "drawing", "expected"),
    [
        ("foo(bar)", "x = ├foo(bar)┤\n", ""),
        ("\n    foo(bar)", "x\n    ├foo(bar)┤\n", ""),
        ("foo(bar)\nbaz()\n", "├foo(bar)┤\n", ""),
        ("foo", "x = ├foo(bar)┤\n", ""),
        ("foo", "x = ├foobar┤\n", "foobar"),
        ("foo", "x = ├bar┤\n", "bar"),
        # a backspace or two are no judgement
        ("o", "x = fo├o(bar)┤\n", "o(bar)"),
        ("bar", "x = ├ba┤\n", "ba"),
        ("ab", "x = ├ab┤\n", ""),
        ("", "x = ├foo┤\n", "foo"),
        ("  ", "x = ├foo┤\n", "foo"),
    ],
)
def test_undoes_deletion(removed: str, drawing: str, expected: str) -> None:
    check(undoes_deletion, drawing, expected, removed=removed)


def test_whoever_asks_may_have_it_back() -> None:
    check(undoes_deletion, "x = ├foo┤\n", "foo", removed="foo", invoked=True)
