"""Texts inside a session never disagree with the log, whatever was edited, killed or forgotten."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core.experience import checkpoints
from echo_core.experience.mining import Experience
from echo_core.records import trace
from echo_core.records.events import Closed, Edited, Event, Opened, Origin
from echo_core.records.export import trace_of
from echo_core.records.wire import Forget, TraceQuery
from echo_core.text.edits import Edit, apply_all
from echo_daemon.archive import StoreArchive
from echo_daemon.store import packs
from echo_daemon.store.erasing import numbers
from echo_daemon.store.queries import Queries
from echo_daemon.store.views import make_views
from echo_testing.live import Live, Window, running

DOCS = ("file:///w/a.py", "file:///w/b.py", "file:///v/c.py")
DAY_MS = 86_400_000


@pytest.fixture(autouse=True, scope="module")
def often() -> Iterator[None]:
    """A checkpoint, and a block of events, after every few of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "TIMES", 0.5)
        patch.setattr(packs, "PACK_EVENTS", 7)
        yield


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens."""

    what: str
    doc: str
    where: float
    text: str
    wait_ms: int


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(
            ("open", "edit", "edit", "edit", "edit", "ask", "close", "crash", "forget", "folder",
             "retain")
        ),
        st.sampled_from(DOCS),
        st.floats(0, 1),
        st.text("xy\n(\U0001f600\ud800", max_size=5),
        st.sampled_from((0, 1, 300, 4_000, 20_000, 40 * DAY_MS)),
    ),
    min_size=20,
    max_size=80,
)  # fmt: skip


def replayed(events: list[Event]) -> dict[str, tuple[str, str]]:
    """Language and text of the open documents, by the events alone."""
    texts: dict[str, tuple[str, str]] = {}
    for event in events:
        match event:
            case Opened():
                texts[event.doc] = event.language, event.text
            case Edited() if event.doc in texts:
                language, text = texts[event.doc]
                texts[event.doc] = language, apply_all(text, event.edits)
            case Closed():
                texts.pop(event.doc, None)
            case _:
                pass
    return texts


def agree(queries: Queries) -> None:
    """At every event of every session, what is read from checkpoints is what is replayed."""
    for session in queries.sessions():
        numbered = list(queries.numbered(session.session))
        for at in range(len(numbered) + 1):
            up_to = numbered[at - 1][0] if at else 0
            seq, openings = queries.standing(session.session, up_to=up_to)
            found = {one.doc: (one.language, one.text) for one in openings}
            assert found == replayed([event for _, event in numbered[:at]])
            assert seq == up_to or not at
        after, openings = queries.quiet(session.session)
        whole, part = Experience(), Experience()
        for opened in openings:
            part.feed(opened)
        for seq, event in numbered:
            whole.feed(event)
            if seq > after:
                part.feed(event)
        assert part.gaps_live == whole.gaps_live
        ends = [Closed(1 << 60, doc) for doc in whole.documents]
        assert [part.feed(end) for end in ends] == [whole.feed(end) for end in ends]


async def take(step: Step, window: Window, live: Live) -> Window:
    live.clock.pass_ms(step.wait_ms)
    text = window.text(step.doc)
    if step.what in ("crash", "forget", "folder"):
        await live.store.flush()
        if step.what == "crash":
            await live.crash()
        else:
            since_ms = step.wait_ms + 500
            folder = {"workspace": "/v"} if step.what == "folder" else {"last_ms": since_ms}
            await live.store.forget(Forget(**folder))  # type: ignore[arg-type]
            window.miner.end()
        window = live.window(step.doc)
        if text is not None:
            window.open(step.doc, text + step.text)
    elif step.what == "retain":
        await live.store.flush()
        await live.store.retain()
    elif step.what == "open" or text is None:
        window.open(step.doc, step.text * 9)
    elif step.what == "edit":
        start = int(step.where * len(text))
        edit = Edit(start, min(len(text), start + 1), step.text)
        window.edit(step.doc, (edit,), Origin.TYPED)
    elif step.what == "ask":
        window.ask(step.doc, int(step.where * len(text)), step.text)
    else:
        window.miner.observe(Closed(window.now, step.doc))
    return window


@settings(max_examples=25)
@given(STEPS)
def test_checkpoints_agree_with_the_log(steps: list[Step]) -> None:
    async def lived(live: Live) -> None:
        await live.start()
        window = live.window()
        for step in steps:
            window = await take(step, window, live)
        await live.store.flush()
        with closing(live.store.reading()) as queries:
            agree(queries)
            assert queries.problems() == []
        with live.beside() as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            ((loose,),) = connection.execute("SELECT count(*) FROM events").fetchall()
            ((packed,),) = connection.execute("SELECT sum(events) FROM packs").fetchall()
            make_views(connection)
            ((log,),) = connection.execute("SELECT count(*) FROM log").fetchall()
            assert log == loose + (packed or 0)
        await live.store.close()

    with running() as runner, tempfile.TemporaryDirectory() as folder:
        runner.run(lived(Live(Path(folder) / "p")))


async def a_long_session(live: Live) -> str:
    """Its name; written in three documents, of which checkpoints were made."""
    await live.start()
    window = live.window()
    for doc in DOCS:
        window.open(doc, f"# {doc}\n" * 300)
    for number in range(200):
        live.clock.pass_ms(1_000)
        doc = DOCS[number // 9 % 3]
        window.edit(doc, (Edit(number, number, f"{number}\n"),), Origin.TYPED)
        if number % 7 == 0:
            window.ask(doc, number + 1, "x")
    window.ask(DOCS[2], 0, "x")
    window.miner.observe(Closed(window.now, DOCS[1]))
    await live.store.flush()
    with live.beside() as connection:
        assert len(numbers(connection, "SELECT DISTINCT seq FROM checkpoints")) > 5
        ((quiet,),) = connection.execute("SELECT max(quiet) FROM checkpoints").fetchall()
        assert quiet == 1
        # The first of a document stands alone, those after it say what is different.
        deltas = numbers(connection, "SELECT length(zstd) FROM snapshots WHERE base IS NOT NULL")
        assert len(deltas) > 5
    return window.miner.session


async def test_a_trace_is_exported_by_pages_and_in_parts(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    session = await a_long_session(live)
    archive = StoreArchive(live.store)
    with closing(live.store.reading()) as queries:
        events = list(queries.events(session))
    whole = [trace.format(line) for line in trace_of(events)]
    lines: list[str] = []
    query = TraceQuery(session, lines_max=23)
    pages = 0
    more = True
    while more:
        page = await archive.trace(query)
        pages, more = pages + 1, page.more
        lines += page.lines
        query = TraceQuery(session, page.after, 23, start_ms=page.start_ms)
    assert lines == whole
    assert pages == -(-len(whole) // 23)
    part = await archive.trace(TraceQuery(session, last_ms=60_000))
    assert not part.more
    opened = [line for line in part.lines if '"kind":"open"' in line]
    assert part.lines[: len(opened)] == opened
    assert part.lines[-1].split('"text"')[1] == whole[-1].split('"text"')[1]
    changed = [line for line in part.lines if '"kind":"edit"' in line or '"kind":"close"' in line]
    assert 60 <= len(changed) <= 62
    player = trace.Player()
    for line in trace.parse(part.lines):  # it goes through the recorded states
        player.play(line)
    everything = await archive.trace(TraceQuery(session, last_ms=DAY_MS))
    assert everything.lines == whole
    await live.store.close()


async def test_reading_begins_at_a_checkpoint(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    session = await a_long_session(live)
    with live.beside() as connection:  # what is before the last one is not looked at
        (last,) = numbers(connection, "SELECT max(seq) FROM checkpoints")
        (still,) = numbers(connection, "SELECT max(seq) FROM checkpoints WHERE quiet = 1")
        with closing(live.store.reading()) as queries:
            before = queries.standing(session)
        connection.execute("UPDATE events SET body = x'5b5d' WHERE seq < ?", (min(last, still),))
        connection.execute("UPDATE packs SET zstd = x'00' WHERE last_seq < ?", (min(last, still),))
    with closing(live.store.reading()) as queries:
        assert queries.standing(session) == before
        after, openings = queries.quiet(session)
        assert after == still
        assert {one.doc for one in openings} == set(DOCS)
    (sleeper,) = await live.archive.unfinished()
    assert sleeper.session == session
    assert {doc: one.text for doc, one in sleeper.experience.documents.items()} == {
        one.doc: one.text for one in before[1]
    }
    await live.store.close()
