"""Faults of real parsers: what a target breaks, and what was broken before."""

from __future__ import annotations

import pytest

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.syntax import Faults, judge
from echo_core.judging.checks.verdict import Finding
from echo_daemon.structure import faults as faults_module
from echo_daemon.structure.faults import CHARS_MAX, FaultFinder

PYTHON = ("def f(a):\n    ", "return g(a)", "\n\n\ndef g(b):\n    return b\n")
C = (
    "int f(int a)\n{\n    LOG_START\n    if (a) {\n        ",
    "g(a);",
    "\n    }\n    return 0;\n}\n",
)
RUST = ("impl A {\n    fn f(&self) -> u8 {\n        ", "self.g(1)", "\n    }\n}\n")
VUE = ("<template><a/></template>\n<script>\nlet a = ", "f(1)", ";\n</script>\n")
TYPED = ("export const f: {\n  <A>(a: A): A\n  ", "<A, B>(a: A): B", "\n} = g\n")


def finding(language: str, parts: tuple[str, str, str], target: str | None = None) -> Finding:
    prefix, kept, suffix = parts
    case = Case(language, "a", prefix, kept if target is None else target, suffix)
    return judge(case, *FaultFinder().around(case)).finding


@pytest.mark.parametrize(
    ("language", "parts", "broken"),
    [
        ("python", PYTHON, "return g(a"),
        ("python", PYTHON, "return g(a)\n  return 1"),
        ("c", C, "g(a;"),
        ("c", C, "g(a); {"),
        ("rust", RUST, "self.g(1"),
        ("vue", VUE, "f(1"),
        ("vue", VUE, "f(1;"),
        ("typescript", TYPED, "<A, B>(a: A: B"),
    ],
)
def test_a_broken_target_is_seen_and_the_right_one_passes(
    language: str, parts: tuple[str, str, str], broken: str
) -> None:
    assert finding(language, parts) is Finding.PASSED
    assert finding(language, parts, broken) is Finding.DROPPED


def test_a_target_that_ends_what_stood_open_passes() -> None:
    assert finding("java", ("class A {\n  int f() {\n    return g(", "1, 2);", "\n  }\n}\n"), None)


def test_what_was_broken_before_is_not_the_targets_fault() -> None:
    before = "def other(:\n    pass\n\n\ndef f():\n    "
    assert finding("python", (before, "return 1", "\n")) is Finding.PASSED
    assert finding("python", (before, "return 1)", "\n")) is Finding.DROPPED


def test_a_fault_within_the_same_function_is_not_the_targets_either() -> None:
    parts = ("void f() {\n  if (a b) { x(; }\n  ", "g(1);", "\n  y(;\n}\n")
    assert finding("c", parts) is Finding.PASSED


def test_a_window_out_of_the_middle_of_a_file_is_read() -> None:
    method = "  void m%d() {\n    a(%d);\n  }\n\n"
    prefix = "".join(method % (n, n) for n in range(500))[-8192:] + "  void last() {\n    "
    suffix = "\n  }\n\n" + "".join(method % (n, n) for n in range(500))[:4096]
    prefix, suffix = prefix[-8192:], suffix[:4096]
    assert finding("java", (prefix, "go(1, 2);", suffix)) is Finding.PASSED
    assert finding("java", (prefix, "go(1, 2));", suffix)) is Finding.DROPPED
    assert finding("java", (prefix, "go(1, 2); {", suffix)) is Finding.DROPPED


def test_a_target_in_a_string_passes() -> None:
    assert finding("python", ('a = "b ', "c d", ' e"\n')) is Finding.PASSED
    assert finding("python", ('a = "b ', 'c" d', ' e"\n')) is Finding.DROPPED


def test_what_cannot_be_read_is_told() -> None:
    finder = FaultFinder()
    assert finder.faults("cobol", "a").unread is Cause.LANGUAGE_UNKNOWN
    assert finder.faults("python", "a\n" * CHARS_MAX).unread is Cause.TOO_LARGE
    long = Case("python", "a.py", "a\n" * CHARS_MAX, "b", "")
    assert finder.around(long)[1].unread is Cause.TOO_LARGE
    assert finder.around(Case("cobol", "a", "", "b", ""))[1].unread is Cause.LANGUAGE_UNKNOWN


def test_templates_are_not_read_and_scripts_that_began_above_the_window_are() -> None:
    assert finding("vue", ("<template><a :b='", "c(", "'/></template>\n")) is Finding.UNCHECKED
    above = "let a = 1;\n" * 800 + "function f() {\n  "
    behind = "\n}\n</script>\n"
    assert finding("vue", (above[-8192:], "g(1);", behind)) is Finding.PASSED
    assert finding("vue", (above[-8192:], "g(1;", behind)) is Finding.DROPPED
    assert finding("html", ("<p>", "<b>a</b>", "</p>\n")) is Finding.PASSED


def test_a_case_that_costs_too_much_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults_module, "WORK_MAX", 10)
    prefix, target, suffix = PYTHON
    case = Case("python", "a.py", prefix, target, suffix)
    assert FaultFinder().around(case)[1].unread is Cause.TOO_LARGE


def test_places_are_code_points() -> None:
    found = FaultFinder().faults("python", 'a = "äöü"\nb = )\n')
    assert found == Faults(None, ((10, 15),), 1, 5)


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "(" * 20_000, "a\r\nb = (\r\n"])
def test_nothing_is_raised(text: str) -> None:
    finder = FaultFinder()
    for language in ("python", "c", "typescript", "html", "vue", "svelte"):
        case = Case(language, "a", text, "x", text)
        judge(case, *finder.around(case))
