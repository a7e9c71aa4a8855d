"""What a parser tells the checks of a target, and what debris and compromises make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core import limits
from echo_core.judging.checks import compromises, debris
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.particulars import Particulars
from echo_daemon.structure.grammars import SOURCES
from echo_daemon.structure.parsing import TreeSitterParsing

PARSING = TreeSitterParsing()


def read(language: str, drawing: str) -> tuple[Case, Particulars]:
    prefix, rest = drawing.split("├")
    target, suffix = rest.split("┤")
    case = Case(language, "src/a", prefix, target, suffix)
    return case, PARSING.particulars(language, prefix, target, suffix)


@pytest.mark.parametrize(
    ("language", "drawing", "expected"),
    [
        ("python", "├print('a', x, 1)\nlog.info('b')\ny = f(1)┤\n",
         [("print", ("a", "1"), ("x",)), ("log.info", ("b",), ())]),
        ("typescript", "function f() {\n  ├console.log(`a ${b}`, c.d);\n  debugger;┤\n}\n",
         [("console.log", ("a ${b}",), ("c.d",)), ("debugger", (), ())]),
        ("java", "class A { void f() {\n  ├System.out.println(\"a\" + b);┤\n} }\n",
         [("System.out.println", (), ("a\" + b",))]),
        ("go", "package a\nfunc f() {\n\t├fmt.Println(\"a\", b)┤\n}\n",
         [("fmt.Println", ("a",), ("b",))]),
        ("rust", "fn f() {\n    ├println!(\"a {}\", b);\n    g();┤\n}\n",
         [("println!", ("a {}",), ("b",)), ("g", (), ())]),
        ("c", "void f(void) {\n  ├printf(\"a\\n\");\n  if (g()) h(1);┤\n}\n",
         [("printf", ("a\\n",), ()), ("h", ("1",), ())]),
        ("cpp", "void f() {\n  ├std::cout << \"a\" << b << std::endl;\n  a < b;┤\n}\n",
         [("std::cout", ("a",), ("b",))]),
        ("python", "pri├nt('a')┤\n", []),  # begun before
        ("python", "├print('a'┤\n", []),
    ],
)  # fmt: skip
def test_statements_that_only_call_are_told(
    language: str,
    drawing: str,
    expected: list[tuple[str, tuple[str, ...], tuple[str, ...]]],
) -> None:
    case, facts = read(language, drawing)
    assert [(call.name, call.literals, call.others) for call in facts.calls] == expected
    for call in facts.calls:
        assert case.target[call.start : call.end].startswith(call.name.partition("(")[0][:3])


@pytest.mark.parametrize(
    ("language", "drawing", "forms"),
    [
        ("python", "├try:\n    f()\nexcept:\n    pass┤\n", ["except"]),
        ("python", "├try:\n    f()\nexcept Exception as e:\n    ...┤\n", ["except"]),
        ("python", "├try:\n    f()\nexcept Exception:\n    continue┤\n", ["except"]),
        ("python", "├try:\n    f()\nexcept KeyError:\n    pass┤\n", []),
        ("python", "├try:\n    f()\nexcept Exception:\n    pass  # may be gone┤\n", []),
        ("python", "├try:\n    f()\nexcept Exception:\n    # may be gone\n    pass┤\n", []),
        ("python", "├try:\n    f()\nexcept Exception:\n    g()┤\n", []),
        ("javascript", "├try { f() } catch {}┤\n", ["catch"]),
        ("javascript", "├try { f() } catch (e) { }┤\n", ["catch"]),
        ("javascript", "├try { f() } catch (e) { /* gone */ }┤\n", []),
        ("javascript", "├try { f() } catch (e) { g() }┤\n", []),
        ("javascript", "├f().catch(() => {});┤\n", ["promise"]),
        ("javascript", "├f().catch((e) => { g(e) });┤\n", []),
        ("java", "class A { void f() {\n├try { g(); } catch (Exception e) { }┤\n} }\n", ["catch"]),
        ("java", "class A { void f() {\n├try { g(); } catch (Exception ignored) { }┤\n} }\n", []),
        ("cpp", "void f() {\n├try { g(); } catch (...) {}┤\n}\n", ["catch"]),
        ("go", "package a\nfunc f() {\n\t├_ = err┤\n}\n", ["discard"]),
        ("go", "package a\nfunc f() {\n\t├if err != nil {\n\t}┤\n}\n", ["catch"]),
        ("go", "package a\nfunc f() {\n\t├if err != nil {\n\t\treturn\n\t}┤\n}\n", []),
        ("rust", "fn f() {\n    ├let x = g().unwrap_or_default();┤\n}\n", []),
    ],
)
def test_handlers_that_do_nothing_are_told(language: str, drawing: str, forms: list[str]) -> None:
    case, facts = read(language, drawing)
    assert [handler.form for handler in facts.handlers] == forms
    verdict = compromises.judge(case, facts)
    assert (verdict.cause is Cause.SWALLOWED_EXCEPTION) == bool(forms)


@pytest.mark.parametrize(
    ("language", "comment", "code"),
    [
        ("python", "# x = f(1)", True),
        ("python", "# for a in b:\n#     c(a)", True),
        ("python", "# what it does", False),
        ("python", "# see f(x) for more of it than anybody reads here", False),
        ("python", "# newer ()", False),
        ("python", "# replaces .set(1)", False),
        ("python", "# type: ignore[attr-defined]", False),
        ("python", "# name: what", False),
        ("python", "# return value", False),
        ("python", "#", False),
        ("javascript", "// console.log(a);", True),
        ("javascript", "/* const a = 1;\n   f(a); */", True),
        ("javascript", "/** f(a); */", False),
        ("javascript", "// eslint-disable-next-line", False),
        ("java", '// list.add("a");', True),
        ("go", "// err := f()\n// if err != nil {\n// \treturn err\n// }", True),
        ("go", "// f does what it says.", False),
        ("c", "/* x = f(1); */", True),
        ("rust", "// let a = f(1);", True),
        ("rust", "/// let a = f(1);", False),
        ("css", "/* color: red; */", True),
        ("html", "<!-- <p>a</p> -->", True),
        ("html", "<!-- a note -->", False),
    ],
)
def test_comments_that_are_code_are_told(language: str, comment: str, code: bool) -> None:
    case, facts = read(language, f"├{comment}┤\n")
    assert [one.code for one in facts.comments] == [code]
    assert (facts.comments[0].start, facts.comments[0].end) == (0, len(comment))
    assert (compromises.judge(case, facts).cause is Cause.COMMENTED_OUT) == code


def test_comments_that_stand_together_are_one_and_the_end_of_one_is_no_code() -> None:
    _, facts = read("python", "├# a\n# b\n\n# c\nx = 1  # d┤\n")
    assert [one.text for one in facts.comments] == ["a\n b", "c", "d"]
    _, facts = read("python", "# as in\n├# x = f(1)┤\n")
    assert [one.code for one in facts.comments] == [False]


def test_debris_is_found_in_code_and_not_in_what_is_said_of_it() -> None:
    assert debris.judge(*read("python", "├breakpoint()┤\n")).cause is Cause.DEBUG_LEFTOVER
    assert debris.judge(*read("python", "├x = 1  # no breakpoint() here┤\n")).cause is None
    assert debris.judge(*read("python", "├x = f'{y} breakpoint()'┤\n")).cause is None
    assert debris.judge(*read("rust", "fn f() {\n ├let x = dbg!(y);┤\n}")).cause is not None
    assert debris.judge(*read("typescript", "├console.log('here')┤\n")).cause is not None
    assert debris.judge(*read("svelte", "<script>\n├console.log(a)┤\n</script>")).cause is not None
    assert debris.judge(
        *read("go", 'package a\nfunc f() {\n\t├fmt.Println("got here")┤\n}\n')
    ).cause
    assert debris.judge(*read("cpp", 'void f() {\n ├std::cout << "here\\n";┤\n}\n')).cause


@given(
    st.sampled_from(sorted(SOURCES)),
    st.lists(
        st.sampled_from(["f(", ")", "'", '"', "# a", "// b", "/*", "*/", "\n", "x", "é", "{", "}"]),
        max_size=30,
    ).map("".join),
    st.text("ab(){}'\"#/*\n", max_size=20),
)
def test_whatever_stands_there_facts_lie_in_the_target(
    language: str, target: str, around: str
) -> None:
    facts = PARSING.particulars(language, around, target, around)
    spans = [(one.start, one.end) for one in (*facts.calls, *facts.handlers, *facts.comments)]
    for start, end in [*spans, *facts.strings]:
        assert 0 <= start <= end <= len(target)
    assert len(facts.code(target)) == len(target)


def test_what_no_grammar_reads_is_told_so() -> None:
    assert PARSING.particulars("ruby", "", "f(1)", "") == Particulars(read=False)
    assert not PARSING.particulars("python", "", "x\n" * limits.GAP_CHARS_MAX, "").read
