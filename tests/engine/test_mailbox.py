"""What comes first, what is dropped for it, and what is stopped."""

from __future__ import annotations

from echo_core.completion.window import Window
from echo_engine.background import Question
from echo_engine.mailbox import Mailbox
from echo_engine.protocol import Ask, Cancel, Describe, Prepare, Run

PREPARATION = Prepare(Window("", "x", ""))


def run(number: int) -> Run:
    return Run(number, Window("", "x", ""), 4, 1000.0)


def ask(number: int) -> Ask:
    return Ask(number, Question("", "", ("A", "B")))


def test_the_newest_job_is_taken_and_the_older_one_dropped() -> None:
    mailbox = Mailbox()
    assert mailbox.put(run(1)) == []
    assert mailbox.put(run(2)) == [run(1)]
    assert mailbox.put(Describe()) == []
    assert mailbox.take() == Describe()
    assert mailbox.take() == run(2)
    assert mailbox.wanted()


def test_a_job_is_cancelled_while_it_waits_and_while_it_runs() -> None:
    mailbox = Mailbox()
    mailbox.put(run(1))
    assert mailbox.put(Cancel(1)) == [run(1)]
    mailbox.put(run(2))
    mailbox.take()
    mailbox.put(run(3))
    assert mailbox.put(Cancel(1)) == []
    assert mailbox.wanted()
    assert mailbox.put(Cancel(2)) == []
    assert not mailbox.wanted()
    assert mailbox.take() == run(3)
    assert mailbox.wanted()


def test_a_preparation_waits_for_everything_else_and_goes_on() -> None:
    mailbox = Mailbox()
    older, newer = (Prepare(Window("", text, "")) for text in "xy")
    assert mailbox.quiet()
    mailbox.put(older)
    mailbox.put(newer)
    mailbox.put(run(1))
    mailbox.put(Describe())
    assert [mailbox.take() for _ in range(3)] == [Describe(), run(1), newer]
    assert mailbox.quiet()
    mailbox.put(run(2))
    assert not mailbox.quiet()
    mailbox.put_back(newer)
    assert [mailbox.take() for _ in range(2)] == [run(2), newer]
    mailbox.put(older)
    mailbox.put_back(newer)
    assert mailbox.take() == older
    assert mailbox.quiet()


def test_background_work_is_taken_when_nothing_else_is_there() -> None:
    mailbox = Mailbox()
    mailbox.put(ask(-1))
    mailbox.put(Describe())
    assert [mailbox.take() for _ in range(2)] == [Describe(), ask(-1)]
    assert mailbox.idle()
    mailbox.put(run(1))
    assert mailbox.wanted()
    assert not mailbox.idle()


def test_background_work_never_waits_behind_what_somebody_waits_for() -> None:
    mailbox = Mailbox()
    for number, what in enumerate((run(1), PREPARATION, ask(-9)), start=1):
        mailbox.put(ask(-number))
        assert mailbox.put(what) == [ask(-number)]


def test_background_work_stops_no_preparation() -> None:
    mailbox = Mailbox()
    mailbox.put(PREPARATION)
    mailbox.take()
    mailbox.put(ask(-1))
    assert mailbox.quiet()
    mailbox.put_back(PREPARATION)
    assert mailbox.take() == PREPARATION
    assert mailbox.take() == ask(-1)
    mailbox.put(PREPARATION)
    assert not mailbox.idle()


def test_background_work_is_cancelled_while_it_waits_and_while_it_runs() -> None:
    mailbox = Mailbox()
    mailbox.put(ask(-1))
    assert mailbox.put(Cancel(-1)) == [ask(-1)]
    mailbox.put(ask(-2))
    mailbox.take()
    assert mailbox.put(Cancel(-1)) == []
    assert mailbox.idle()
    assert mailbox.put(Cancel(-2)) == []
    assert not mailbox.idle()
    mailbox.put(ask(-3))
    mailbox.take()
    assert mailbox.idle()
