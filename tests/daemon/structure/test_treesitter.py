"""Drawings of what syntax says about the cursor `├┤`, and that nothing makes it fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.stops import stop_rule
from echo_core.completion.window import Window
from echo_core.text.document import split_lines
from echo_daemon.structure.api import Advice, Scope, Structure
from echo_daemon.structure.grammars import SOURCES, Grammars
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_testing.wound_clock import WoundClock

STRUCTURE: Structure = TreeSitterStructure(WoundClock())
LINE = Advice(Scope.LINE, comment=False, string=False)
BLOCK = Advice(Scope.BLOCK, comment=False, string=False)
COMMENT = Advice(Scope.LINE, comment=True, string=False)
STRING = Advice(Scope.LINE, comment=False, string=True)


def advise(language: str, drawing: str) -> Advice:
    before, after = drawing.split("├┤")
    advice = STRUCTURE.advise(language, before + after, len(before))
    assert STRUCTURE.scope(language, before + after, len(before)) is advice.scope
    return advice


def plain(drawing: str) -> Advice:
    before, after = drawing.split("├┤")
    rule = stop_rule(Window("", split_lines(before)[-1], split_lines(after)[0]))
    return LINE if rule.single_line else BLOCK


@pytest.mark.parametrize("language", SOURCES)
def test_every_grammar_is_here(language: str) -> None:
    assert Grammars().get(language) is not None


@pytest.mark.parametrize(
    ("language", "drawing"),
    [
        # a blank line in a body, or in brackets
        ("python", "def f(x):\n    ├┤"),
        ("python", "def f(x):\n    a\n    ├┤\n    b\n"),
        ("python", "f(\n    ├┤\n)"),
        ("python", "x = [\n  1,\n  ├┤\n]"),
        ("typescript", "if (a) {\n  ├┤\n}"),
        ("html", "<p>\n  ├┤\n</p>"),
        # the end of a line that opens a block, which is not there yet
        ("python", "def f():├┤"),
        ("python", "async def f(a: int) -> int:├┤"),
        ("python", "class A:\n    def f(self):├┤\n\n    def g(self):\n        pass\n"),
        ("python", "for a in b:├┤\n\nprint()\n"),
        ("python", "try:├┤"),
        ("python", "if a:\n    b\nelse:├┤"),
        ("python", "match x:├┤"),
        ("python", "match x:\n    case 1:├┤"),
        ("python", "with a as b:├┤  \n"),
        ("javascript", "const x = () => {├┤})"),
        ("typescript", "function f() {├┤\n}"),
        ("typescriptreact", "const a = {├┤"),
        ("java", "class A {├┤}"),
        ("go", "func f() {├┤\n}"),
        ("go", "switch x {\ncase 1:├┤\n}"),
        ("c", "int f() {├┤}"),
        ("cpp", "struct A {├┤\n};"),
        ("rust", "match x {├┤\n}"),
        ("css", "a {├┤}"),
        ("html", "<script>\nfunction f() {├┤\n}\n</script>"),
        ("svelte", '<script lang="ts">\nlet a = () => {├┤\n</script>\n{#if a}'),
    ],
)
def test_a_block_is_welcome(language: str, drawing: str) -> None:
    assert advise(language, drawing) == BLOCK


@pytest.mark.parametrize(
    ("language", "drawing"),
    [
        # in the middle of a line, or of a statement
        ("python", "x = ├┤1"),
        ("python", "def f(├┤):"),
        ("python", "x = 1├┤"),
        ("python", "x = (a +\n  ├┤\n  b)"),
        ("typescript", "x.foo()\n  ├┤\n  .bar()"),
        # the block is there already
        ("python", "def f():├┤\n    return 1\n"),
        ("typescript", "function f() {├┤\n  a()\n}"),
        # a colon or brace that opens none
        ("python", "x = {'a':├┤"),
        ("python", "if x[1:├┤"),
        ("python", "if x and (y:├┤"),
        ("python", "lambda:├┤"),
        ("python", "x: int├┤"),
        ("typescript", "a = b ? c :├┤"),
        ("typescript", "x = `${├┤}`"),
        ("python", "f'{├┤}'"),
    ],
)
def test_one_line_is_enough(language: str, drawing: str) -> None:
    assert advise(language, drawing) == LINE


@pytest.mark.parametrize(
    ("language", "drawing"),
    [
        ("python", "# a├┤\nb"),
        ("python", "#├┤"),
        ("python", "# 😀😀├┤\nx"),
        ("typescript", "// a├┤"),
        ("typescript", "/* a├┤ */"),
        ("typescript", "/** a\n * ├┤\n */\nx"),
        ("java", "int a; /* ├┤"),
        ("rust", "/// a├┤\nfn f(){}"),
        ("css", "/* a├┤ */"),
        ("html", "<!-- a├┤ -->"),
        ("vue", "<script>\n// a├┤\n</script>"),
    ],
)
def test_in_a_comment(language: str, drawing: str) -> None:
    assert advise(language, drawing) == COMMENT


@pytest.mark.parametrize(
    ("language", "drawing"),
    [
        ("python", "'a├┤b'"),
        ("python", "'├┤'"),
        ("python", "a = '😀é├┤b'"),
        ("python", "rb'├┤a'"),
        ("python", "f'a{b}├┤c'"),
        ("python", "f'a├┤{b}c'"),
        ("python", 'def f():\n    """a\n    ├┤\n    """\n    x\n'),
        ("python", "x = 'abc├┤\ny=1\n"),
        ("python", "r'a├┤"),
        ("typescript", "`a${b}c├┤`"),
        ("typescript", "`abc├┤"),
        ("typescript", "'a\\'├┤"),
        ("typescriptreact", '<div className="├┤">'),
        ("java", 'class A { String s = """\n a├┤\n"""; }'),
        ("go", "`a├┤b`"),
        ("go", "'a├┤'"),
        ("c", 'L"a├┤"'),
        ("c", "#include <std├┤io.h>"),
        ("cpp", 'R"(a├┤)"'),
        ("rust", 'r#"a├┤b"#'),
        ("css", "a { content: 'x├┤' }"),
        ("html", '<p class="a├┤">'),
        ("vue", '<template><p class="a├┤" /></template>'),
        ("vue", "<script setup lang=\"ts\">\nconst a: string = '├┤'\n</script>"),
    ],
)
def test_in_a_string(language: str, drawing: str) -> None:
    assert advise(language, drawing) == STRING


@pytest.mark.parametrize(
    ("language", "drawing"),
    [
        ("python", "├┤# a"),
        ("python", "├┤'a'"),
        ("python", "'a'├┤"),
        ("python", "f'a{b├┤}c'"),
        ("typescript", "`a${b├┤}c`"),
        ("typescript", "/* a */├┤"),
        ("rust", "/// a\n├┤fn f(){}"),
        ("rust", "fn f<'a>(x: &'a str├┤) {"),
        ("vue", '<template><p :class="a├┤" /></template>'),
    ],
)
def test_beside_a_comment_or_string(language: str, drawing: str) -> None:
    advice = advise(language, drawing)
    assert (advice.comment, advice.string) == (False, False)


@pytest.mark.parametrize(
    ("language", "drawing"),
    [
        ("klingon", "# a├┤"),
        ("", "def f():├┤"),
        ("klingon", "  ├┤"),
        ("vue", "<style lang='stylus'>\n  ├┤\n</style>"),
        ("python", "x = 1\n" * 100_000 + "# a├┤"),  # too long to be read
    ],
)
def test_where_nothing_is_known_the_plain_rule_answers(language: str, drawing: str) -> None:
    assert advise(language, drawing) == plain(drawing)


def test_a_long_document_is_read_key_by_key() -> None:
    structure = TreeSitterStructure(WoundClock())
    drawing = "def f(a):\n    return [a, 'b']\n" * 2000 + "# a"
    assert structure.advise("python", drawing, len(drawing)) == COMMENT
    for typed in ("b", "bc", "bcd"):
        last = structure.advise("python", drawing + typed, len(drawing + typed))
    assert last == COMMENT


def test_an_offset_outside_counts_as_the_nearest_end() -> None:
    assert STRUCTURE.advise("python", "# a", 99) == COMMENT
    assert STRUCTURE.advise("python", "# a", -5) == STRUCTURE.advise("python", "# a", 0)


languages = st.sampled_from([*SOURCES, "vue", "svelte", "klingon"])
pieces = st.sampled_from(
    [
        *("def f():", "{", "}", "\n", "\r", "\r\n", "    ", "\t", "'", '"', '"""', "`", "${", "#"),
        *("//", "/*", "*/", "<script>", "</script>", "<!--", "x", "=", "(", ")", ":", "😀", "é"),
        *("\ud800", "\0", "\f", "\u2028", "f'", "<p a='", "e\u0301", "\\", "if "),
    ]
)
documents = st.lists(pieces, max_size=40).map("".join) | st.text(max_size=60)


@given(languages, documents, st.integers(-3, 70))
def test_nothing_makes_it_fail(language: str, text: str, offset: int) -> None:
    structure = TreeSitterStructure(WoundClock())
    advice = structure.advise(language, text, offset)
    assert structure.scope(language, text, offset) is advice.scope
    assert not (advice.comment and advice.string)
    assert not ((advice.comment or advice.string) and advice.scope is Scope.BLOCK)


# What broken code is taken for depends on what it was before; of whole code this must not be so.
statements = ["a = 1\n", "# é b\n", "b = '😀'\n", 'def f():\n    """c"""\n\n', "x(\n)\n"]
whole = st.lists(st.sampled_from(statements)).map("".join)


@given(whole, whole, whole, whole, st.data())
def test_what_was_read_before_changes_nothing(
    start: str, old: str, new: str, end: str, data: st.DataObject
) -> None:
    structure = TreeSitterStructure(WoundClock())
    structure.advise("python", start + old + end, len(start))
    text = start + new + end
    offset = data.draw(st.integers(0, len(text)))
    later = structure.advise("python", text, offset)
    assert later == TreeSitterStructure(WoundClock()).advise("python", text, offset)


def test_what_is_nested_without_end_is_left_to_the_plain_rule() -> None:
    structure = TreeSitterStructure(WoundClock())
    text = "f([" * 5_000 + "x])" + "])" * 4_999
    half = len("f([" * 5_000) + 1
    advice = {structure.advise("python", text, half) for _ in range(50)}
    assert advice == {LINE}


@pytest.mark.parametrize("language", ["python", "typescript", "vue", "klingon"])
@pytest.mark.parametrize(
    "line", ["a" * 1_000_000, "x = '" + "a b " * 100_000, "{(" * 200_000, "<script>" * 50_000]
)
def test_one_very_long_line(language: str, line: str) -> None:
    structure = TreeSitterStructure(WoundClock())
    for offset in (0, len(line) // 2, len(line)):
        assert structure.advise(language, line, offset).scope is Scope.LINE or not offset
