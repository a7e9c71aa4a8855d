"""A disk that does not answer holds nobody up, and what it says later counts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from echo_core.records.wire import ConsentChoice
from echo_daemon import archive
from echo_daemon.exclusion.judge import LATE_MAX, NO_ANSWER, Judge
from echo_testing.lodge import Lodge
from echo_testing.waiting import LONG_S


def test_an_answer_in_time_is_the_answer() -> None:
    asked = Judge(
        lambda question: question[0] if len(question) > 1 else None, lambda: None, wait_s=LONG_S
    )
    assert asked.why_not(("a", "/w")) == "a"
    assert asked.why_not(("a",)) is None


def test_a_late_answer_is_told_and_counts_once() -> None:
    answers = threading.Event()
    told = threading.Semaphore(0)

    def rule(question: tuple[str, ...]) -> str | None:
        answers.wait(LONG_S)
        return None if question == ("a",) else "no"

    asked = Judge(rule, told.release)
    assert asked.why_not(("a",)) == NO_ANSWER
    assert asked.why_not(("a",)) == NO_ANSWER  # still under way
    assert asked.why_not(("b",)) == NO_ANSWER  # for which nobody waits
    answers.set()
    assert told.acquire(timeout=LONG_S)
    assert told.acquire(timeout=LONG_S)
    assert (asked.why_not(("a",)), asked.why_not(("b",))) == (None, "no")
    assert not asked._late


def test_only_so_many_wait_and_an_error_is_the_asker_s() -> None:
    answers = threading.Event()
    count = 0

    def rule(question: tuple[str, ...]) -> str | None:
        nonlocal count
        count += 1
        answers.wait(LONG_S)
        raise ValueError(question[0])

    asked = Judge(rule, lambda: None, wait_s=0.0)
    for number in range(LATE_MAX + 9):
        assert asked.why_not((str(number),)) == NO_ANSWER
    assert count <= LATE_MAX
    answers.set()
    for late in asked._late.values():
        late.exception(LONG_S)
    with pytest.raises(ValueError, match="0"):
        asked.why_not(("0",))
    asked.wait_s = LONG_S
    for number in range(LATE_MAX):  # answers that nobody came for do not fill it for ever
        with pytest.raises(ValueError, match="new"):
            asked.why_not((f"new {number}",))


async def test_a_file_on_such_a_disk_is_recorded_when_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lodge = Lodge(tmp_path)
    told = threading.Event()
    lodge.archive.judge._answered = told.set
    await lodge.hub.choose(ConsentChoice(record=True, by="a test"))
    answers = threading.Event()
    realpath = archive.os.path.realpath

    def hangs(path: str) -> str:
        answers.wait(LONG_S)
        return realpath(path)

    monkeypatch.setattr(archive.os.path, "realpath", hangs)
    lodge.archive.judge.wait_s = 0.0
    lodge.open("file:///far/a.py", "text\n")
    lodge.type("file:///far/a.py", "early ")
    assert lodge.front.recording.miner.is_apart("file:///far/a.py")
    lodge.archive.judge.wait_s = LONG_S
    answers.set()
    assert told.wait(LONG_S)
    lodge.hub.recording.decide_again()
    lodge.type("file:///far/a.py", "late ")
    seen = await lodge.recorded()
    assert "early text" in seen  # as it stood then, whole
    assert seen.count("Edited") == 1
    await lodge.hub.close()
