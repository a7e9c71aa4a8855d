"""Parts of a window: where they begin and end, and what is put around them."""

from __future__ import annotations

import pytest

from echo_core import limits
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.frames import Frame, frames, is_cut, left_open, wrapped
from echo_testing.samples import a_case

FILE = """\
import a


def first():
    return 1


def second(x):
    if x:
        a.call(
            x,
        )
    return x


def third():
    return 3
"""


def case(prefix: str, target: str, suffix: str, language: str = "python") -> Case:
    return a_case(target, prefix, suffix, language=language)


def cut(text: str, target: str, language: str = "python") -> Case:
    prefix, _, suffix = text.partition(target)
    return case(prefix, target, suffix, language)


def long_before(text: str, target: str, language: str = "python") -> Case:
    """The same in a file that began long before the window."""
    whole = cut(text, target, language)
    filled = ("zz zz\n" * limits.SAMPLE_PREFIX_CHARS_MAX + whole.prefix)[
        -limits.SAMPLE_PREFIX_CHARS_MAX :
    ]
    return case(filled, target, whole.suffix, language)


def test_a_whole_file_is_its_own_first_frame() -> None:
    found = list(frames(cut(FILE, "a.call(")))
    assert found[0].text == FILE
    assert is_cut(cut(FILE, "a.call(")) == (False, False)


def test_parts_begin_further_left_and_end_before_the_next_that_stands_as_far_left() -> None:
    given = long_before(FILE, "a.call(")
    texts = [frame.text for frame in frames(given)]
    assert texts[0] == FILE[FILE.index("def second") : FILE.index("def third")]
    assert "if 1:\n    if x:\n        a.call(\n            x,\n        )\n" in texts
    assert all("a.call(" in text for text in texts)
    assert len(texts) == len(set(texts))


def test_a_part_holds_what_the_target_itself_reaches() -> None:
    target = "x,\n        )\n    return x"
    heads = [frame.head for frame in frames(long_before(FILE, target))]
    # `a.call(` stands further right than the last line of the target, and begins no part.
    assert not any(head.lstrip().startswith("a.call") for head in heads[1:])


def test_what_closes_belongs_to_the_part_and_what_may_close_more_is_an_end_too() -> None:
    text = "namespace n {\nvoid f() {\n  g();\n}\n\n}  // n\n"
    texts = [frame.text for frame in frames(long_before(text, "g();", "cpp"))]
    assert "void f() {\n  g();\n}\n\n" in texts
    assert "void f() {\n  g();\n}\n\n}  // n\n" in texts


def test_many_levels_are_thinned_out() -> None:
    text = "".join(" " * depth + f"if a{depth}:\n" for depth in range(12)) + " " * 12 + "stop"
    heads = [frame.head.lstrip()[:5] for frame in frames(long_before(text, "stop"))]
    assert "if a0" in heads[0]
    assert len({frame.head for frame in frames(long_before(text, "stop"))}) == 5


def long_behind(text: str, target: str, language: str) -> Case:
    """The same in a file that goes on long behind the window."""
    whole = cut(text, target, language)
    more = "".join(f"        call({number});\n" for number in range(limits.SAMPLE_SUFFIX_CHARS_MAX))
    suffix = (whole.suffix + more)[: limits.SAMPLE_SUFFIX_CHARS_MAX]
    return case(whole.prefix, target, suffix, language)


def test_what_is_open_where_the_window_ends_is_closed_by_layout() -> None:
    text = (
        "test('it', () => {\n    run('{', [\n        one,\n    ]);\n    if (x) {\n        two();\n"
    )
    found = list(frames(long_behind(text, "one,", "javascript")))
    closed = [frame for frame in found if frame.text.endswith("    ]);\n\n})")]
    assert closed
    assert not closed[0].whole
    assert not any(frame.whole for frame in found if frame.tail.endswith("call("))


def test_a_window_whose_rest_says_nothing_is_taken_as_it_is() -> None:
    given = case("def f():\n    ", "x", "\n" * limits.SAMPLE_SUFFIX_CHARS_MAX)
    assert given.whole in [frame.text for frame in frames(given)]


def test_windows_without_a_line_to_begin_with_have_no_part() -> None:
    given = case("}" * limits.SAMPLE_PREFIX_CHARS_MAX, "x", "", "c")
    assert list(frames(given)) == []
    assert list(frames(long_before("    ) {\n", ") {", "c")))  # what stands above begins one


def test_an_opening_bracket_on_a_line_of_its_own_begins_nothing() -> None:
    text = "    void f()\n    {\n        g();\n    }\n"
    heads = [frame.head for frame in frames(long_before(text, "g();", "java"))]
    assert not any(head.startswith("    {") for head in heads)


def test_a_part_is_put_into_what_it_may_need() -> None:
    inside = [frame.text for frame in wrapped("java", Frame("  void f() ", "{}", "\n"))]
    assert "class _ {\n  void f() {}\n\n}" in inside
    assert list(wrapped("css", Frame("a ", "{}", ""))) == []


def test_what_a_grammar_does_not_know_is_taken_out_once() -> None:
    frame = Frame("void f() ", "{", "\n#if A\n  LOG_ALL(x)\n  return OK;\n#endif\n}\n")
    plain = next(iter(wrapped("c", frame))).text
    assert plain == "void f() {\n\n\n  return OK;\n\n}\n"
    typed = next(
        iter(wrapped("typescript", Frame("type T = {\n  <", "A>(): A\n  <B>(): B", "\n}")))
    )
    assert typed.text == "type T = {\n  <A>(): A;\n  <B>(): B\n}"


def test_a_frame_holds_what_is_put_into_it() -> None:
    assert Frame("f(", "a", ")").holding("b, c") == "f(b, c)"


def test_brackets_that_close_on_a_line_need_no_closing() -> None:
    text = "}, then(f(a), [\n    one,\n"
    whole = long_behind("x = go(() => {\n" + text, "one,", "javascript")
    assert any(frame.text.endswith("\n])") for frame in frames(whole))


def test_a_part_ends_where_its_holder_ends() -> None:
    text = "class A {\n  int a() {\n    b();\n  }\n}\n"
    texts = [frame.text for frame in frames(long_before(text, "b();", "java"))]
    assert "  int a() {\n    b();\n  }\n" in texts


def test_only_a_few_ends_are_tried() -> None:
    text = "def a():\n    pass\n" + "".join(f"b{number} = 1\n" for number in range(9))
    parts = frames(long_before(text, "pass"))
    found = {frame.tail for frame in parts if frame.head.startswith("def")}
    assert found == {"\n", "\nb0 = 1\n", "\nb0 = 1\nb1 = 1\n"}


def test_a_part_may_begin_with_the_target_itself() -> None:
    method = "    def g(self) -> int:\n        return 1\n"
    text = "class A:\n    def f(self):\n        pass\n\n" + method + "\n    def h(self): ...\n"
    for target in (method, "\n" + method):
        texts = [frame.text for frame in frames(long_before(text, target))]
        assert any(one.startswith("if 1:\n" + target) for one in texts)
    top = "    def f(self):\n        pass\n\n\ndef g():\n    return 1\n\n\ndef h(): ...\n"
    target = "\n\ndef g():\n    return 1\n"
    texts = [frame.text for frame in frames(long_before(top, target))]
    assert target + "\n\n" in texts  # without what is no part of it
    blank = case("x" * limits.SAMPLE_PREFIX_CHARS_MAX + "\n", "\n", "\n")
    assert [frame.text for frame in frames(blank)] == []


def test_what_is_decorated_belongs_to_its_decorators() -> None:
    text = "@one\n@two(\n    2,\n)\n@three\ndef f():\n    pass\n\n\nx = 1\ny = 2\n"
    texts = [frame.text for frame in frames(long_before(text, "@one\n"))]
    assert text[: text.index("x = 1")] in texts
    assert not any(one.rstrip().endswith((")", "three")) for one in texts)


@pytest.mark.parametrize(
    ("language", "prefix", "tail", "closing"),
    [
        ("c", "/* a */ /* b", " ", "*/"),
        ("c", "/* a */", " ", ""),
        ("c", "/*/", " ", ""),
        ("python", '"""a', " ", '"""'),
        ("python", '"""a"""', " ", ""),
        ("python", '"""a' + "x" * limits.SAMPLE_PREFIX_CHARS_MAX, " ", ""),
    ],
)
def test_a_window_may_end_in_a_comment(language: str, prefix: str, tail: str, closing: str) -> None:
    assert left_open(case(prefix, "", tail * limits.SAMPLE_SUFFIX_CHARS_MAX, language)) == closing
    assert left_open(case(prefix, "", tail, language)) == ""
