"""Appending to a log that may not be there: then nothing is kept, and nobody has to ask.

Left out: when there is one (`recorder`), what it does (`log`).

Rules
 - None of these waits, but `flush`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Final

from echo_core.experience.looks import Look
from echo_core.experience.sample import Sample
from echo_core.judging.exhibit import Judged
from echo_core.records.events import Event, Opened
from echo_daemon.store.gaps import GapsBroken
from echo_daemon.store.log import EventLog

JUDGED_BYTES: Final = 4_000  # a dozen verdicts in the queue


class Appending:
    """What a store takes."""

    _log: EventLog | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a log, which may be paused; asked at every event."""
        return self._log is not None

    def start_session(
        self, session: str, started_ms: int, client: str, roots: tuple[str, ...]
    ) -> None:
        """As `EventLog.start_session`."""
        if self._log is not None:
            self._log.start_session(session, started_ms, client, roots)

    def append(self, event: Event, session: str) -> bool:
        """As `EventLog.append`."""
        return self._log is not None and self._log.append(event, session)

    def write_gaps_broken(self, broken: GapsBroken) -> None:
        """As `EventLog.write_gaps_broken`."""
        if self._log is not None:
            self._log.write_gaps_broken(broken)

    def write_checkpoint(self, session: str, standing: tuple[Opened, ...], *, quiet: bool) -> bool:
        """As `EventLog.write_checkpoint`."""
        log = self._log
        return log is not None and log.write_checkpoint(session, standing, quiet=quiet)

    def write_sample(self, sample: Sample) -> None:
        """As `EventLog.write_sample`."""
        if self._log is not None:
            self._log.write_sample(sample)

    def write_look(self, look: Look) -> None:
        """As `EventLog.write_look`."""
        if self._log is not None:
            self._log.write_look(look)

    def write_judged(self, judged: Judged) -> None:
        """Keep a judgement, where its sample still stands as it was judged."""
        if self._log is not None:
            self._log.offer(judged, JUDGED_BYTES + len(judged.stamp.texts))

    def together(self) -> AbstractContextManager[object]:
        """As `EventLog.together`."""
        return self._log.together() if self._log is not None else nullcontext()

    async def flush(self) -> int:
        """As `EventLog.flush`; 0 while nothing is recorded."""
        return await self._log.flush() if self._log is not None else 0
