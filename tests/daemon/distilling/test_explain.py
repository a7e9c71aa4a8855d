"""What `samples explain` prints, drawn: tests/golden/explain.txt; and what it is made of."""

from __future__ import annotations

import os
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from echo_core.judging.checks import cut, quality, rejected
from echo_core.judging.checks.boundary import Place
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.judging.exhibit import Standing
from echo_core.judging.judgement import Asked, Judgement, Redaction
from echo_core.records import wire
from echo_daemon.ctl.explain import explanation_lines, place, redacted
from echo_daemon.distilling import report
from echo_daemon.distilling.distiller import Pause, Tally
from echo_testing.judging import SECRETS, SILENCE, WORDS, a_table

GOLDEN = Path(__file__).parents[2] / "golden" / "explain.txt"
HEAD = (
    "# What `echoctl samples explain` prints of six samples.\n"
    "# Regenerate: ECHO_UPDATE_GOLDEN=1 python -m pytest tests/daemon/distilling/test_explain.py\n"
)
PREFIX = '# by Ada Lovelace\nimport os\n\n\ndef run():\n    """Ask ada@example.org."""\n    '
TARGET = "first(os.name)\n    second()\n"
SUFFIX = "    # ask Ada\n"
PASSED = tuple(Verdict(name, 1, Finding.PASSED) for name in (WORDS, SECRETS))
ASKED = (
    Asked(cut.NAME, "cut/1", "m", (("14", -0.105), ("27", -2.303))),
    Asked(SILENCE, "silence/2", "m", (("silence", -3.0),)),
)
BEHIND = len(PREFIX) + 14 + SUFFIX.index("Ada")
REDACTIONS = (
    Redaction(5, 17, "name"),
    Redaction(PREFIX.index("ada@"), PREFIX.index('.""'), "email"),
    Redaction(
        len(PREFIX) + 14 + SUFFIX.index("Ada"), len(PREFIX) + 14 + SUFFIX.index("\n"), "name"
    ),
)


def detail(state: str, judgement: Judgement | None, target: str = TARGET) -> wire.SampleDetail:
    against = None if judgement is None else judgement.dropped_by
    row = wire.SampleRow(
        17, "file:///w/pkg/a.py", "python", 0, 4_000, "left", len(target), 2, 0, 0,
        state, "" if against is None else str(against.cause),
        0 if judgement is None else judgement.cut,
        0.0 if judgement is None else judgement.quality,
    )  # fmt: skip
    return wire.SampleDetail(row, "r1", "", PREFIX, target, SUFFIX, "")


CHOSEN = cut.judge(2, cut.By.TEACHER, Place.CODE)
BY_TEACHER = cut.judge(1, cut.By.TEACHER, Place.CODE)


def judged(
    verdicts: tuple[Verdict, ...], target: str = TARGET, at: int = 14, **more: object
) -> Judgement:
    score = round(quality.score(verdicts, target[:at]), 3)
    return Judgement(at, "statement" if at else "", score, "MIT", verdicts, **more)  # type: ignore[arg-type]


def the_six() -> dict[str, wire.Explanation]:
    standing = Verdict(
        "standing", 1, Finding.PASSED, None, (), 0.9, (("moment", "save"), ("kept", 1.0))
    )
    kept = judged(
        (
            cut.judge(2, cut.By.TEACHER, Place.CODE),
            *PASSED,
            Verdict(SILENCE, 1, Finding.PASSED),
            standing,
        ),
        asked=ASKED,
        redactions=REDACTIONS,
    )
    at = len(PREFIX)
    unknown = Verdict(
        WORDS, 1, Finding.DROPPED, Cause.NAME_UNKNOWN,
        ((at, at + 5), (at + 6, at + 8), *((at + n, at + n + 1) for n in range(8, 14))),
        0.0, (("names", 8),),
    )  # fmt: skip
    dropped = judged((cut.judge(2, cut.By.NOT_ASKED, Place.CODE), unknown, PASSED[1], standing))
    unasked = Verdict(SILENCE, 1, Finding.UNCHECKED, Cause.NO_MODEL, (), 0.8)
    rule = judged((cut.judge(2, cut.By.NO_MODEL, Place.CODE), *PASSED, unasked, standing))
    silent = judged(
        (
            cut.judge(1, cut.By.TEACHER, Place.CODE),
            *PASSED,
            Verdict(SILENCE, 1, Finding.PASSED),
            standing,
        ),
        target="",
        at=0,
        asked=ASKED[1:],
    )
    table = a_table()
    return {
        "kept": report.explanation(table, detail("kept", kept), kept),
        "dropped by a cheap check": report.explanation(table, detail("dropped", dropped), dropped),
        "no model": report.explanation(table, detail("kept", rule), rule),
        "silence": report.explanation(table, detail("kept", silent, ""), silent),
        "a commit's text": report.explanation(
            table,
            replace(detail("kept", kept), later="taken", committed=TARGET.replace("name", "path")),
            kept,
        ),
        "a candidate": report.explanation(table, detail("candidate", None), None),
    }


def printed(explanation: wire.Explanation) -> str:
    console = Console(file=StringIO(), width=100, color_system=None, soft_wrap=True)
    for line in explanation_lines(explanation):
        console.print(line)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def drawn() -> str:
    parts = [HEAD]
    for name, explanation in the_six().items():
        lines = [line.rstrip() for line in printed(explanation).split("\n")]
        parts.append(f"=== {name}\n" + "\n".join(lines))
    return "".join(parts)


def test_the_drawing() -> None:
    if os.environ.get("ECHO_UPDATE_GOLDEN"):
        GOLDEN.write_text(drawn(), encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == drawn()


@pytest.mark.parametrize(
    ("text", "start", "end", "said"),
    [
        ("ab", 0, 1, "1:1"),
        ("ab\ncd", 3, 5, "2:1-2"),
        ("ab\r\ncd", 4, 6, "2:1-2"),
        ("a\rb\nc", 0, 5, "1:1-3:1"),
        ("ab", 2, 2, "1:3"),
    ],
)
def test_a_place_in_words(text: str, start: int, end: int, said: str) -> None:
    assert place(text, start, end) == said


def test_what_is_hidden_stands_as_a_placeholder() -> None:
    prefix, suffix = redacted(the_six()["kept"])
    assert prefix.startswith("# by <NAME>\nimport os")
    assert "<EMAIL>" in prefix
    assert suffix == "    # ask <NAME>\n"
    assert "Ada" not in prefix + suffix


def test_what_was_not_kept_is_printed_where_it_may_leave() -> None:
    judgement = judged((BY_TEACHER, *PASSED))
    found = replace(
        report.explanation(a_table(), detail("kept", judgement), judgement),
        detail=replace(detail("kept", judgement), proposal="second(os.name)"),
    )
    row = wire.VerdictRow(rejected.NAME, 1, "?", "passed", "", "", 1.0, facts={"chars": "15"})
    assert "second(os.name)" not in printed(found)
    assert "rejected  second(os.name)" in printed(replace(found, verdicts=[*found.verdicts, row]))
    marked = replace(row, finding="marked")
    kept_back = printed(replace(found, verdicts=[*found.verdicts, marked]))
    assert "second(os.name)" not in kept_back


def test_a_check_that_is_new_says_so() -> None:
    judgement = judged((BY_TEACHER,))
    rows = report.explanation(a_table(), detail("kept", judgement), judgement).verdicts
    assert {row.sentence for row in rows[1:]} == {"It is new, and looks at this sample soon."}


def test_counts_come_by_cause_and_the_most_frequent_first() -> None:
    found = report.status(
        Pause.TYPING,
        3,
        [
            Standing("kept", "", "", 7),
            Standing("dropped", "names", "name_unknown", 2),
            Standing("dropped", "secrets", "crashed", 2),
            Standing("dropped", "names", "crashed", 2),
        ],
    )
    assert (found.due, found.kept, found.pause) == (3, 7, "typing")
    assert list(found.dropped.items()) == [("crashed", 4), ("name_unknown", 2)]
    tally = Tally(due=4, judged=3, kept=1, ended=Pause.ENGINE_DOWN)
    tally.dropped.update(["malicious", "malicious"])
    told = report.report(tally, 1)
    assert (told.judged, told.kept, told.left, told.pause) == (3, 1, 1, "engine_down")
    assert told.dropped == {"malicious": 2}
    assert report.progress(replace(tally, due=9)).due == 9
