"""A small recorded session: every kind of event once, a sample, and a word to search for."""

from __future__ import annotations

from typing import Final

from echo_core.experience.sample import Sample
from echo_core.records import events as ev
from echo_core.text.edits import Edit
from echo_testing import samples

CANARY: Final = "xyzzy_canary_plugh"
DOC: Final = "file:///home/someone/canary_folder/a.py"


def a_session(doc: str = DOC) -> list[ev.Event]:
    """Every kind of event, in an order that could be."""
    return [
        ev.Opened(1, doc, "python", 1, f"def {CANARY}():\n"),
        ev.Focused(2, doc),
        ev.Edited(3, doc, 2, (Edit(0, 0, "a\ud800"), Edit(2, 3, "")), ev.Origin.TYPED),
        ev.CursorMoved(4, doc, 1, 2),
        ev.Requested(5, "r1", doc, 2, 2, ev.Trigger.INVOKED),
        ev.Proposed(6, "r1", "p1", f"return {CANARY}", "m", -0.25, 12.5, 700, 3, 5, "proposed"),
        ev.Outcome(7, "p1", ev.OutcomeKind.ACCEPTED, 7),
        ev.Edited(8, doc, 3, (Edit(2, 2, "return "),), ev.Origin.ACCEPTED, "p1"),
        ev.Saved(9, doc),
        ev.HeadMoved(10, "main", "file:///home/someone", "abc", ev.HeadMove.COMMIT),
        ev.Closed(11, doc),
        ev.Imported(11, doc, "python", "abc", 4, f"def {CANARY}():\n", (Edit(0, 3, "x"),)),
        ev.Committed(11, doc, "abc", f"def {CANARY}():\n    pass\n"),
        ev.Renamed(11, doc, doc + "x"),
        ev.Marked(11, ev.Mark.PASSED),
    ]


def a_sample() -> Sample:
    """What the session's gap became; take `dataclasses.replace` for others."""
    return samples.a_sample(
        "return \ud800\n",
        doc=DOC,
        prefix=f"def {CANARY}():\n    ",
        proposal=f"return {CANARY}",
        proposal_id="p1",
        model="m",
        accepted_chars=7,
        kept_chars=7,
        opened_at_ms=5,
        broken_at_ms=20,
        grown_chars=9,
        undone=True,
        deleted=True,
        shown=True,
    )
