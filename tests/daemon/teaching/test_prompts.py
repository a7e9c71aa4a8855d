"""What a teacher reads, drawn; and which cuts it is shown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import pytest

from echo_core.judging.checks.case import Case
from echo_daemon.teaching import prompts
from echo_daemon.teaching.api import CUTS_MAX
from echo_engine.background import Question

GOLDEN = Path(__file__).parents[2] / "golden"
REGENERATE = "ECHO_UPDATE_GOLDEN=1 python -m pytest tests/daemon/teaching/test_prompts.py"
PIECES = (
    "if err != nil {\n\t\treturn nil, err\n\t}\n",
    "\tdefer file.Close()",
    "\n\treturn io.ReadAll(file)\n",
)
CASE = Case(
    "go",
    "read.go",
    "package read\n\nfunc All(path string) ([]byte, error) {\n\tfile, err := os.Open(path)\n\t",
    "".join(PIECES),
    "}\n\nfunc main() {\n}\n",
)
CUTS = tuple(accumulate(map(len, PIECES)))


def drawn(question: Question) -> str:
    answers = " | ".join(question.answers)
    middle = "--- read once above, of this case below ---"
    return f"{question.system}\n{middle}\n{question.text}\n--- {answers}\n"


@pytest.mark.parametrize(
    ("name", "question"),
    [(prompts.CUT, prompts.cut(CASE, CUTS)), (prompts.SILENCE, prompts.silence(CASE))],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_prompt_is_drawn(name: str, question: Question) -> None:
    file = GOLDEN / f"prompt-{name.replace('/', '-')}.txt"
    drawing = f"# {name}. Regenerate: {REGENERATE}\n{drawn(question)}"
    if os.environ.get("ECHO_UPDATE_GOLDEN"):
        file.write_text(drawing, encoding="utf-8")
    assert drawing == file.read_text(encoding="utf-8")


def test_silence_is_asked_without_the_target() -> None:
    other = Case(CASE.language, CASE.path, CASE.prefix, "zq_planted", CASE.suffix)
    assert prompts.silence(other) == prompts.silence(CASE)


def test_no_path_is_in_a_question() -> None:
    for question in (prompts.cut(CASE, CUTS), prompts.silence(CASE)):
        assert "read.go" not in question.system + question.text


def test_what_is_the_same_for_all_cases_stands_first() -> None:
    other = Case("python", "a.py", "x = ", "f(y)\nz = 1\n", "")
    assert prompts.cut(other, (4, 10)).system == prompts.cut(CASE, CUTS).system
    assert prompts.silence(other).system == prompts.silence(CASE).system


def test_long_surroundings_are_cut_at_line_ends() -> None:
    line = "0123456789" * 3 + "\n"
    case = Case("python", "a.py", line * 50 + "x = ", "1", "\n" + line * 50)
    text = prompts.silence(case).text
    before, _, after = text.partition("<CURSOR>")
    assert before.startswith("0123")
    assert len(before) <= prompts.BEFORE_CHARS_MAX
    assert after.removesuffix("\nAnswer:").endswith("789")
    one_line = Case("python", "a.py", "x" * 9_000, "1", "y" * 9_000)
    text = prompts.silence(one_line).text
    assert text.count("x") == prompts.BEFORE_CHARS_MAX
    assert text.count("y") == prompts.AFTER_CHARS_MAX


@pytest.mark.parametrize(
    ("cuts", "shown"),
    [
        ((3,), (3,)),
        (tuple(range(1, CUTS_MAX + 4)), tuple(range(1, CUTS_MAX + 1))),
        ((10, prompts.TYPED_CHARS_MAX + 1), (10,)),
        ((prompts.TYPED_CHARS_MAX + 1,), (prompts.TYPED_CHARS_MAX + 1,)),
    ],
)
def test_which_cuts_are_shown(cuts: Sequence[int], shown: Sequence[int]) -> None:
    case = Case("python", "a.py", "", "x" * 2_000, "")
    assert prompts.offered(case, cuts) == shown


@pytest.mark.parametrize("cuts", [(), (0, 1), (2, 1), (1, 1), (1, 9)])
def test_cuts_that_are_none(cuts: Sequence[int]) -> None:
    with pytest.raises(ValueError, match="beginnings"):
        prompts.offered(Case("python", "a.py", "", "12345678", ""), cuts)


def test_the_letters_of_the_examples_are_spread() -> None:
    system = prompts.cut(CASE, CUTS).system
    assert {letter for letter in prompts.LETTERS if f"Answer: {letter}\n" in system} == set("ABC")
