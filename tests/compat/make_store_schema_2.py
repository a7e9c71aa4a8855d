"""Makes store_schema_2.db: a store as schema 2 wrote it, and store_schema_2.json: what it holds.

It was lived, not written: by the miners, sessions and fold of the commit named MADE_AT, whose
newest schema was 2. Run with today's code it would write another schema, so it refuses; the files
are kept, and every later version must read them. Its key is the bytes 0 to 31. To make it again:
check MADE_AT out, and there `PYTHONPATH=.:daemon:tests python tests/compat/make_store_schema_2.py`.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path

from echo_core.records import events as ev
from echo_core.records.wire import PastFile, PastFiles
from echo_core.text.edits import Edit
from echo_daemon.past.importer import Importer
from echo_daemon.store.database import open_for_reading
from echo_daemon.store.migrations import STEPS
from echo_testing.contents import contents_of
from echo_testing.live import Live, Window

MADE_AT = "Keep a store of schema 2 that every later version must read whole"
A, B, C, D = (f"file:///project/{name}" for name in ("a.py", "b%20b.py", "c.py", "d.py"))
TEXT = "".join(f"value_{number} = {number * 7919}\n" for number in range(60))
REPO = "file:///project"


def write(window: Window, doc: str, text: str) -> None:
    """Ask at each key of a burst at the document's end, and type it."""
    for char in text:
        at = len(window.text(doc) or "")
        window.ask(doc, at, "proposed()")
        window.edit(doc, (Edit(at, at, char),), ev.Origin.TYPED)


def say(window: Window, event: ev.Event) -> None:
    """Anything else that happens."""
    window.live.clock.pass_ms(7)
    window.miner.observe(event)


def every_event(window: Window) -> None:
    """Every kind of event, origin and outcome; looks, a commit, another branch."""
    live, now = window.live, lambda: window.now
    window.open(A, TEXT)
    window.open(B, "\r\nworld = '\U0001f30d'\r\nhalf = '\ud83c'\r\n")
    say(window, ev.HeadMoved(now(), "main", REPO, "c0"))
    say(window, ev.Focused(now(), A))
    proposal = window.ask(A, 0, "import math\n")
    other = ev.Proposed(
        now(), f"r{int(proposal[1:]) - 1}", "other", "import cmath\n", "m", -1.5, 1.0, 9, 1, 2,
        ev.ALTERNATIVE,
    )  # fmt: skip
    say(window, other)
    say(window, ev.Outcome(now(), proposal, ev.OutcomeKind.SHOWN, 0))
    window.edit(A, (Edit(0, 0, "import math\n"),), ev.Origin.ACCEPTED, proposal)
    say(window, ev.Outcome(now(), proposal, ev.OutcomeKind.ACCEPTED, 12))
    write(window, A, "total = math.fsum(\n    [value_1, value_2]\n)\n")
    for kind in ev.OutcomeKind:
        say(window, ev.Outcome(now(), "other", kind, 3))
    window.edit(A, (Edit(20, 21, "!"),), ev.Origin.TYPED)  # ends what is alive
    say(window, ev.CursorMoved(now(), A, 3, 9))
    say(window, ev.Saved(now(), A))
    for wait_ms in (16_000, 20_000, 200_000):
        live.clock.pass_ms(wait_ms)
        window.miner.tick()
    held = (window.text(A) or "").replace("fsum", "sumprod").replace("import", "from x import")
    say(window, ev.HeadMoved(now(), "main", REPO, "c1", ev.HeadMove.COMMIT))
    say(window, ev.Committed(now(), A, "c1", held))
    for number, origin in enumerate(ev.Origin):
        window.ask(B, 2, "x")
        window.edit(B, (Edit(2, 2, f"{number}"), Edit(9, 10, "")), origin, proposal)
    say(window, ev.HeadMoved(now(), "topic", REPO, "c2", ev.HeadMove.SWITCH))
    say(window, ev.Closed(now(), A))
    window.open(A, held)
    text = window.text(B) or ""
    say(window, ev.Closed(now(), B))
    live.clock.pass_ms(90_000)
    window.open(B, text)


def past(at: int) -> PastFiles:
    """A file of a commit."""
    file = PastFile(C, "python", "abc", at, TEXT, [(10, 0, "# a hunk\n"), (100, 5, "other")])
    return PastFiles(REPO, [file])


async def live_it(live: Live) -> None:
    """All that a store of this version may hold."""
    await live.start()
    window, beside = live.window(), live.window()
    every_event(window)
    await Importer(live.archive, live.fold, live.clock).take(past(1_000))
    window.open(C, TEXT)
    write(window, C, "goes = on(")
    beside.open(D, TEXT)
    write(beside, D, "sleeps = True")
    await live.store.flush()
    await live.crash()
    window = live.window(C)
    window.open(C, f"# unseen\n{TEXT}goes = on(1,")
    write(window, C, " 2)\n")
    window.edit(C, (Edit(0, 0, "\n"),), ev.Origin.TYPED)
    say(window, ev.Saved(window.now, C))
    live.clock.pass_ms(40_000)
    window.miner.tick()
    write(window, C, "lives = 1")
    await live.store.flush()
    await live.store.close()


def make(path: Path) -> None:
    """Write the store and, beside it, what it holds.

    Raises:
        SystemExit: this is not the code that can.
    """
    if [step.__name__ for step in STEPS] != ["m001_events_and_samples", "m002_looks"]:
        raise SystemExit(f"Schema 2 is written by the code of the commit “{MADE_AT}”.")
    key = bytes(range(32))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "p")
        folder.mkdir(mode=0o700)
        live = Live(folder)
        live.paths.key.touch(mode=0o600)
        live.paths.key.write_text(key.hex(), encoding="ascii")
        asyncio.run(live_it(live))
        shutil.copy(live.paths.database, path)
        connection = open_for_reading(live.paths.database, key)
        held = contents_of(connection)
        connection.close()
    path.with_suffix(".json").write_text(json.dumps(held, indent=1), encoding="utf-8")


if __name__ == "__main__":
    make(Path(__file__).with_name("store_schema_2.db"))
