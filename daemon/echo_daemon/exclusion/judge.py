"""Whether a file is recorded, asked without waiting for a disk that does not answer.

The rules read the file system: links, and a `.echoignore` in each folder. On a network drive that
hangs such a call never returns. So it is asked in a thread, which the caller waits for only so
long; what has no answer is not recorded until there is one.

Left out: the rules (`rules`), choices about workspaces (whoever asks).

Rules
 - Waited for are `wait_s`, once: while an answer is late, nobody waits for another.
 - A late answer is told, and given to whoever asks that question next, once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from typing import Final, TypeAlias

Question: TypeAlias = "tuple[str, ...]"  # the file, and the folders of its workspace
Rule: TypeAlias = "Callable[[Question], str | None]"

# A local disk takes 0.2 ms, and on a machine with more to do than it can the thread gets its turn
# after tens of milliseconds. A keystroke may be late by this once.
WAIT_S: Final = 0.25
LATE_MAX: Final = 64  # threads that wait for a disk
NO_ANSWER: Final = "The disk that the file is on does not answer; it is recorded when it does."


class Judge:
    """Asks `rule` for the sentence that keeps a file out of the log, or None.

    `answered` is called in another thread when an answer has come that was late by `wait_s`.
    """

    def __init__(self, rule: Rule, answered: Callable[[], None], *, wait_s: float = WAIT_S) -> None:
        self.wait_s = wait_s
        self._rule = rule
        self._answered = answered
        self._lock = threading.Lock()
        self._late: dict[Question, Future[str | None]] = {}

    def why_not(self, question: Question) -> str | None:
        """The sentence, within `wait_s`."""
        with self._lock:
            late = self._late.get(question)
            if late is not None and late.done():
                del self._late[question]
                return late.result()
            pending = {one: late for one, late in self._late.items() if not late.done()}
            if len(self._late) >= LATE_MAX:  # what nobody asked for again is asked anew
                self._late = pending
            if late is not None or len(pending) >= LATE_MAX:
                return NO_ANSWER
        asked: Future[str | None] = Future()
        # A daemon thread: one that hangs must not keep the process from ending.
        threading.Thread(target=self._ask, args=(question, asked), daemon=True).start()
        try:
            return asked.result(0 if pending else self.wait_s)
        except LateError:
            with self._lock:
                self._late[question] = asked
        asked.add_done_callback(lambda _: self._answered())
        return NO_ANSWER

    def _ask(self, question: Question, asked: Future[str | None]) -> None:
        try:
            asked.set_result(self._rule(question))
        except Exception as error:  # noqa: BLE001 - it is the asker's
            asked.set_exception(error)
