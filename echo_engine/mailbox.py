"""What waits for the worker's main thread, and what it does next.

Left out: doing it (`worker`).

Rules
 - What is no job is done first, in order; then the newest job, then the newest preparation, then
   background work.
 - The newest job comes first: an older one that still waits never runs.
 - A preparation is stopped by anything that comes but background work, and goes on later.
 - Background work is stopped by anything that comes. It never waits behind a job or a preparation:
   whoever asked is told, and asks again when it is quiet.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from echo_engine.protocol import Ask, Cancel, Command, Compose, Prepare, Run, Weigh

if TYPE_CHECKING:  # it loads llama.cpp, which `child` does not
    from echo_engine.llama import Handle

BackgroundWork: TypeAlias = Ask | Weigh | Compose


@dataclass(frozen=True, slots=True)
class Fitted:
    """An adapter was read, on a thread of its own: what is left is to put it over the model."""

    model: str  # what it is called from here on
    adapter: Handle | None


Work: TypeAlias = Command | Fitted


class Mailbox:
    """Commands that wait for the main thread, and which jobs are still wanted."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Work] = deque()
        self._job: Run | None = None  # the newest that waits
        self._preparation: Prepare | None = None  # the newest
        self._behind: BackgroundWork | None = None  # the newest that waits
        self._current = 0  # the id of what was taken last
        self._current_wanted = True

    def put(self, command: Work) -> list[Run | BackgroundWork]:
        """Note `command`; what waited and now is never done, each to be answered."""
        with self._changed:
            dropped: list[Run | BackgroundWork | None] = []
            if isinstance(command, Run):
                dropped = [self._job, self._behind]
                self._job, self._behind = command, None
            elif isinstance(command, Prepare):
                dropped = [self._behind]
                self._preparation, self._behind = command, None
            elif isinstance(command, BackgroundWork):
                dropped = [self._behind]
                self._behind = command
            elif isinstance(command, Cancel):
                dropped = [self._cancelled(command.id)]
            else:
                self._waiting.append(command)
            self._changed.notify()
            return [each for each in dropped if each is not None]

    def _cancelled(self, number: int) -> Run | BackgroundWork | None:
        """What waited under this number, taken out."""
        if self._current == number:
            self._current_wanted = False
        dropped: Run | BackgroundWork | None = None
        if self._job is not None and self._job.id == number:
            dropped, self._job = self._job, None
        elif self._behind is not None and self._behind.id == number:
            dropped, self._behind = self._behind, None
        return dropped

    def take(self) -> Work:
        """The next thing to do; waits for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._behind is not None or not self.quiet())
            if self._waiting:
                return self._waiting.popleft()
            if self._job is not None:
                job, self._job = self._job, None
                self._current, self._current_wanted = job.id, True
                return job
            if self._preparation is not None:
                preparation, self._preparation = self._preparation, None
                return preparation
            behind, self._behind = self._behind, None
            if behind is None:
                raise AssertionError("woken without a command")
            self._current, self._current_wanted = behind.id, True
            return behind

    def put_back(self, preparation: Prepare) -> None:
        """It was stopped, and goes on later, unless a newer one has come."""
        with self._changed:
            if self._preparation is None:
                self._preparation = preparation

    def quiet(self) -> bool:
        """Whether nothing waits that somebody waits for. Asked from inside llama.cpp: no lock."""
        return self._job is None and self._preparation is None and not self._waiting

    def wanted(self) -> bool:
        """Whether the job that was taken last has not been cancelled."""
        return self._current_wanted

    def idle(self) -> bool:
        """Whether the background work that was taken last may go on."""
        return self._current_wanted and self.quiet()
