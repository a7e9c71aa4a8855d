"""Makes store_schema_1.db: a store as the first released schema wrote it.

Run once, when schema 1 was new; the file is kept, so that every later version must read it:
`PYTHONPATH=.:daemon python tests/compat/make_store_schema_1.py`. Its key is the bytes 0 to 31.
"""

from __future__ import annotations

from pathlib import Path

from echo_core import events as ev
from echo_core.edits import Edit
from echo_core.gap import Break
from echo_core.sample import Sample
from echo_daemon.store.database import open_for_writing
from echo_daemon.store.log import EventLog
from echo_daemon.store.migrations import m001_events_and_samples, migrate

DOC = "file:///project/a.py"
TEXT = "".join(f"value_{number} = {number * 7919}\n" for number in range(60))


def make(path: Path) -> None:
    path.unlink(missing_ok=True)
    connection = open_for_writing(path, bytes(range(32)))
    migrate(connection, 1_700_000_000_000, [m001_events_and_samples])
    log = EventLog(connection)
    log.start_session("session-1", 1, "editor 1.0", ("file:///project",))
    for event in (
        ev.Opened(1, DOC, "python", 1, TEXT),
        ev.Focused(2, DOC),
        ev.Edited(3, DOC, 2, (Edit(0, 0, "def f():\n"),), ev.Origin.TYPED),
        ev.CursorMoved(4, DOC, 9, 9),
        ev.Requested(5, "r1", DOC, 2, 9, ev.Trigger.AUTOMATIC),
        ev.Proposed(6, "r1", "p1", "    return 1", "m", -0.25, 12.5, 700, 3, 5, "proposed"),
        ev.Outcome(7, "p1", ev.OutcomeKind.ACCEPTED, 12),
        ev.Edited(8, DOC, 3, (Edit(9, 9, "    return 1"),), ev.Origin.ACCEPTED, "p1"),
        ev.Saved(9, DOC),
        ev.HeadMoved(10, "ref"),
        ev.Closed(11, DOC),
    ):
        log.append(event, "session-1")
    log.write_gap_opened("r1", "session-1", DOC, 5)
    log.write_gap_opened("r2", "session-1", DOC, 6)
    log.write_gap_broken("r1", 11, Break.LEFT)
    log.write_sample(
        Sample(
            request="r1",
            doc=DOC,
            language="python",
            prefix="def f():\n",
            target="    return 1\n",
            suffix=TEXT,
            proposal="    return 1",
            proposal_id="p1",
            model="m",
            accepted_chars=12,
            kept_chars=12,
            break_reason=Break.LEFT,
            opened_at_ms=5,
            broken_at_ms=11,
        )
    )
    log.close()


if __name__ == "__main__":
    make(Path(__file__).with_name("store_schema_1.db"))
