"""What mining asks of whoever keeps what it finds.

Left out: how it is kept (`echo_daemon.archive`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from echo_core.experience.fold import Fold, Folded
from echo_core.experience.looks import Look
from echo_core.experience.mining import Mined
from echo_core.records.events import Event, Mark, Marked, Opened


@dataclass(frozen=True, slots=True)
class Who:
    """Whose session it is. `roots`: workspace folders, as URIs."""

    client: str
    roots: tuple[str, ...] = ()


class Recorder(Protocol):
    """Where events and what was mined from them are kept; nothing here waits for disk."""

    @property
    def recording(self) -> bool:
        """Whether anything handed over is kept."""
        ...

    def admits(self, doc: str, who: Who) -> bool:
        """Whether anything about `doc` may be kept; asked when it is opened."""
        ...

    def begin(self, session: str, who: Who, at_ms: int) -> None: ...

    def together(self) -> AbstractContextManager[object]:
        """What is handed over inside becomes durable together, or not at all."""
        ...

    def append(self, session: str, event: Event) -> bool:
        """Keep an event; False where it cannot be, and then none after it is kept either."""
        ...

    def checkpoint(self, session: str, standing: Sequence[Opened], *, quiet: bool) -> bool:
        """Keep the texts of all open documents as the event before left them; whether it is kept.

        `quiet`: no gap is alive.
        """
        ...

    def gaps_ended(self, mined: Sequence[Mined]) -> None:
        """Keep how gaps ended, of whatever session, and what was mined from them."""
        ...

    def looked(self, look: Look) -> None: ...


def recorded(recorder: Recorder, fold: Fold, session: str, event: Event) -> Folded | None:
    """Take an event into the log, then into the fold; None where the log did not take it.

    Call it inside `together`. What the fold brings about is in the log's words a consequence of
    this event and those before it: nothing else may move the fold (adr/0010).
    """
    for one in (Marked(event.at_ms, Mark.RESUMED), event) if fold.fresh else (event,):
        if not recorder.append(session, one):
            fold.fresh = True  # what comes next comes after a hole
            return None
        folded = fold.feed(session, one)
    return folded


def hand_over(recorder: Recorder, folded: Folded) -> None:
    """Hand over what an event, or time, brought about."""
    if folded.mined:
        recorder.gaps_ended(folded.mined)
    for look in folded.looks:
        recorder.looked(look)
