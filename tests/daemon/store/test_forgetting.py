"""What is forgotten is gone: from what readers see, from every page, from every file."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from echo_core.errors import StoreBusyError, StoreError
from echo_core.experience.looks import Look, Moment, Place
from echo_core.experience.past import samples_of
from echo_core.gaps.life import Break
from echo_core.records import events as ev
from echo_core.records.wire import ConsentChoice, Forget, Forgotten, SamplesQuery
from echo_core.text.edits import Edit
from echo_daemon.store import database
from echo_daemon.store.gaps import GapsBroken
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings, StoreState
from echo_daemon.store.texts import unpacked
from echo_testing import pages
from echo_testing.records import CANARY, a_sample

MINUTE_MS = 60_000
NOW_MS = 1_700_000_000_000  # of the clock that stands still
SECRET = "file:///home/someone/secret"
OPEN = "file:///home/someone/open"


def key_of(paths: StorePaths) -> bytes:
    return bytes.fromhex(paths.key.read_text())


def needles(paths: StorePaths) -> set[bytes]:
    """The word itself, and a piece of each compressed text that holds it."""
    reader = database.open_for_reading(paths.database, key_of(paths))
    blobs = {CANARY.encode()}
    bases: dict[database.Value, bytes] = {}
    deltas = reader.execute(
        "SELECT s.digest, s.zstd, b.zstd"
        " FROM snapshots AS s LEFT JOIN snapshots AS b ON b.digest = s.base"
    )
    for digest, blob, base in deltas.fetchall():
        assert isinstance(blob, bytes)
        assert not isinstance(base, str | int | float)
        bases[digest] = unpacked(blob, unpacked(base) if base else None)
        if CANARY.encode() in bases[digest]:
            blobs.add(blob[len(blob) // 2 :][:16])
    for blob, base in reader.execute("SELECT zstd, base FROM samples").fetchall():
        assert isinstance(blob, bytes)
        content = bases.get(base)
        plain = unpacked(blob, content)
        if CANARY.encode() in plain:
            blobs.add(blob[len(blob) // 2 :][:16])
    reader.close()
    return blobs


def is_whole(paths: StorePaths) -> None:
    reader = database.open_for_reading(paths.database, key_of(paths))
    assert reader.execute("PRAGMA foreign_key_check").fetchall() == []
    assert database.problems(reader) == []
    reader.close()


def typing(doc: str, at_ms: int, word: str, name: str) -> list[ev.Event]:
    """A document with `word` everywhere: in its text, an edit, a proposal."""
    noise = os.urandom(1500).hex()
    return [
        ev.Opened(at_ms, doc, "python", 1, f"{noise}\n# {word}\n"),
        ev.Edited(at_ms, doc, 2, (Edit(0, 0, f"{word} = 1\n"),), ev.Origin.TYPED),
        ev.Requested(at_ms, f"r-{name}", doc, 2, 2, ev.Trigger.AUTOMATIC),
        ev.Proposed(at_ms, f"r-{name}", f"p-{name}", f"{word}()", "m", -1, 1, 1, 1, 1, "proposed"),
        ev.Outcome(at_ms, f"p-{name}", ev.OutcomeKind.SHOWN, 0),
        ev.Saved(at_ms, doc),
        ev.Closed(at_ms, doc),
    ]


def record(store: Store, events: list[ev.Event], session: str) -> None:
    for event in events:
        store.append(event, session)
        if isinstance(event, ev.Requested):
            ended = (event.at_ms, Break.LEFT, (event.request,))
            store.write_gaps_broken(GapsBroken(session, event.doc, *ended))


def keep_sample(store: Store, name: str, doc: str, at_ms: int, word: str) -> None:
    text = f"{os.urandom(1500).hex()}{word}"
    times = {"opened_at_ms": at_ms, "broken_at_ms": at_ms}
    texts = {"prefix": text, "target": word, "proposal": word}
    store.write_sample(replace(a_sample(), request=f"r-{name}", doc=doc, **texts, **times))


async def test_the_last_minutes_are_gone_and_the_rest_is_as_it_was(
    store: Store, paths: StorePaths
) -> None:
    old: list[ev.Event] = []
    store.start_session("old", 1, "editor", (OPEN,))
    for number in range(200):
        old += typing(f"{OPEN}/{number}.py", NOW_MS - 20 * MINUTE_MS, "harmless", f"o{number}")
    record(store, old, "old")
    keep_sample(store, "o1", f"{OPEN}/1.py", NOW_MS - 20 * MINUTE_MS, "harmless")
    await store.flush()
    for number in range(100):
        doc = f"{SECRET}/{CANARY}{number}.py"
        record(store, typing(doc, NOW_MS - 5 * MINUTE_MS, CANARY, f"c{number}"), "new")
        record(store, typing(f"{OPEN}/1.py", NOW_MS - MINUTE_MS, CANARY, f"x{number}"), "old")
        keep_sample(store, f"x{number}", f"{OPEN}/1.py", NOW_MS - MINUTE_MS, CANARY)
        if number % 10 == 0:
            await store.flush()
    await store.flush()
    seen = needles(paths)
    assert len(seen) > 100
    assert pages.found(paths.database, key_of(paths), seen) == seen
    size = store.size_bytes()

    gone = await store.forget(Forget(last_ms=10 * MINUTE_MS))
    assert gone == Forgotten(events=200 * 7, samples=100, documents=100)
    assert pages.found(paths.database, key_of(paths), seen) == set()
    assert store.size_bytes() < size
    queries = store.reading()
    assert [row.session for row in queries.sessions()] == ["old"]
    assert list(queries.events("old")) == old
    assert queries.samples(SamplesQuery()).total == 1
    assert queries.metrics().gaps == {"left": 200}
    queries.close()
    is_whole(paths)
    # Recording goes on.
    record(store, typing(f"{OPEN}/1.py", NOW_MS, "again", "again"), "next")
    assert await store.flush() == len(old) + 7


async def test_what_was_imported_in_that_time_goes_however_old_its_commit_is(
    store: Store, paths: StorePaths
) -> None:
    made_ms = NOW_MS - 1_000_000_000
    store.start_session("import", 1, "echoctl", (OPEN,))
    for commit, at_ms, word in (
        ("aa", NOW_MS - 20 * MINUTE_MS, "harmless"),
        ("ab", NOW_MS - MINUTE_MS, CANARY),
    ):
        text = f"{os.urandom(1500).hex()}{word}"
        edits = tuple(Edit(at, at, f"{word}_{at}\n") for at in (0, 5))
        event = ev.Imported(at_ms, f"{OPEN}/1.py", "python", commit, made_ms, text, edits)
        store.append(event, "import")
        for one in samples_of(event):
            assert one.sample is not None
            store.write_sample(one.sample)
    await store.flush()
    seen = needles(paths)
    gone = await store.forget(Forget(last_ms=10 * MINUTE_MS))
    assert (gone.events, gone.samples) == (1, 2)
    assert pages.found(paths.database, key_of(paths), seen) == set()
    queries = store.reading()
    assert queries.samples(SamplesQuery()).total == 2
    queries.close()
    is_whole(paths)


async def test_what_a_commit_of_that_time_says_of_an_older_sample_goes(
    store: Store, paths: StorePaths
) -> None:
    store.start_session("old", 1, "editor", (OPEN,))
    keep_sample(store, "old", f"{OPEN}/1.py", NOW_MS - 20 * MINUTE_MS, "harmless")
    for moment, ago in ((Moment.SAVED, 15), (Moment.COMMITTED, 1)):
        at_ms = NOW_MS - ago * MINUTE_MS
        figures = (9, 5, 7, 4, 12, 6)
        text = f"{CANARY}{ago}" if moment is Moment.COMMITTED else ""
        store.write_look(
            Look("r-old", moment, at_ms, Place.FOUND, 1.0, *figures, in_file=True, text=text)
        )
    await store.flush()
    gone = await store.forget(Forget(last_ms=10 * MINUTE_MS))
    assert gone.samples == 0
    queries = store.reading()
    assert [look.moment for look in queries.looks("r-old")] == [Moment.SAVED]
    queries.close()
    is_whole(paths)


async def test_a_folder_is_gone_and_what_lay_beside_it_is_as_it_was(
    store: Store, paths: StorePaths
) -> None:
    store.start_session("both", 1, "editor", (OPEN, SECRET))
    store.start_session("secret", 1, "editor", (f"{SECRET}/inner",))
    beside: list[ev.Event] = []
    for number in range(60):
        kept = typing(f"{OPEN}/{number}.py", NOW_MS, "harmless", f"o{number}")
        lost = typing(f"{SECRET}/{CANARY}{number}.py", NOW_MS, CANARY, f"c{number}")
        for one, other in zip(kept, lost, strict=True):
            record(store, [one, other], "both")
        beside += kept
        record(store, lost, "secret")
        keep_sample(store, f"c{number}", f"{SECRET}/{CANARY}{number}.py", NOW_MS, CANARY)
        keep_sample(store, f"o{number}", f"{OPEN}/{number}.py", NOW_MS, "harmless")
    store.append(ev.HeadMoved(NOW_MS, CANARY), "secret")
    record(store, typing(f"{SECRET}-not/a.py", NOW_MS, "harmless", "n"), "other")
    await store.flush()
    seen = needles(paths)
    assert pages.found(paths.database, key_of(paths), seen) == seen

    gone = await store.forget(Forget(workspace="/home/someone/secret"))
    assert gone == Forgotten(events=60 * 14 + 1, samples=60, documents=60)
    assert pages.found(paths.database, key_of(paths), seen) == set()
    queries = store.reading()
    assert [(row.session, row.roots) for row in queries.sessions()] == [
        ("both", (OPEN,)),
        ("other", ()),
    ]
    # A moment stays of what ended a gap that stays: nothing of the document.
    both = list(queries.events("both"))
    assert [one for one in both if not isinstance(one, ev.Marked)] == beside
    away = [one for one in both if one == ev.Marked(NOW_MS, ev.Mark.AWAY)]
    assert len(away) == len(both) - len(beside) > 0
    assert queries.samples(SamplesQuery()).total == 60
    queries.close()
    is_whole(paths)
    assert await store.forget(Forget(workspace="/home/someone/secret")) == Forgotten(0, 0, 0)


async def test_forgetting_while_nothing_is_recorded(store: Store, paths: StorePaths) -> None:
    record(store, typing(f"{SECRET}/a.py", NOW_MS, CANARY, "a"), "s")
    await store.choose(ConsentChoice(record=False, by="a test"))
    assert store.state is StoreState.OFF
    seen = needles(paths)
    assert (await store.forget(Forget(workspace="/home/someone/secret"))).events == 7
    assert pages.found(paths.database, key_of(paths), seen) == set()


async def test_forgetting_what_was_never_recorded(paths: StorePaths, clock: object) -> None:
    store = Store(paths, clock, {}, StoreSettings(KeyPolicy.FILE))  # type: ignore[arg-type]
    assert await store.forget(Forget(last_ms=1)) == Forgotten(0, 0, 0)
    assert not paths.folder.exists()


async def test_a_reader_of_old_pages_is_told_of(store: Store, paths: StorePaths) -> None:
    record(store, typing(f"{SECRET}/a.py", NOW_MS, CANARY, "a"), "s")
    await store.flush()
    reader = database.open_for_reading(paths.database, key_of(paths))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchall()
    assert store._log is not None
    store._log._connection.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(StoreBusyError, match="another program still reads"):
        await store.forget(Forget(last_ms=MINUTE_MS))
    seen = {CANARY.encode()}
    assert pages.found(paths.database, key_of(paths), seen) == seen
    reader.close()
    await store.forget(Forget(last_ms=MINUTE_MS))
    assert pages.found(paths.database, key_of(paths), seen) == set()


async def test_everything_is_erased(store: Store, paths: StorePaths) -> None:
    record(store, typing(f"{SECRET}/a.py", NOW_MS, CANARY, "a"), "s")
    await store.flush()
    await store.erase("a test")
    assert [file.name for file in paths.folder.iterdir()] == ["consent.jsonl"]
    assert (store.state, store.consent().record) == (StoreState.OFF, False)
    with pytest.raises(StoreError, match="Nothing was recorded"):
        store.reading()
    await store.erase("a test")  # a second time there is nothing to do
    # Who switches it on again gets a new store with another key.
    await store.choose(ConsentChoice(record=True, by="a test"))
    assert store.state is StoreState.OPEN
    assert await store.flush() == 0


async def test_a_store_whose_key_is_lost_can_be_erased(store: Store, paths: StorePaths) -> None:
    record(store, typing(f"{SECRET}/a.py", NOW_MS, CANARY, "a"), "s")
    await store.close()
    paths.key.unlink()
    with pytest.raises(StoreError, match="key file is missing"):
        await store.forget(Forget(last_ms=1))
    await store.erase("a test")
    assert not paths.database.exists()


async def test_texts_inside_a_session_go_with_what_they_hold(
    store: Store, paths: StorePaths
) -> None:
    """Also where what stays was written as the difference from what goes."""
    store.start_session("s", 1, "editor", (OPEN,))
    noise = os.urandom(3000).hex()
    here, there = f"{OPEN}/a.py", f"{SECRET}/b.py"
    same = f"{noise}\n# the same in both\n"
    old_ms, new_ms = NOW_MS - 20 * MINUTE_MS, NOW_MS - MINUTE_MS

    def checkpoint(at_ms: int, texts: dict[str, str]) -> None:
        with store.together():
            store.append(ev.Saved(at_ms, here), "s")
            standing = tuple(ev.Opened(at_ms, doc, "python", 1, texts[doc]) for doc in texts)
            assert store.write_checkpoint("s", standing, quiet=True)

    store.append(ev.Opened(old_ms, here, "python", 1, "short"), "s")
    more = os.urandom(4000).hex()  # so that the middle, which is looked for, is in this text alone
    store.append(ev.Opened(old_ms, there, "python", 1, f"{noise}\n{more}\n# {CANARY}\n"), "s")
    checkpoint(old_ms, {there: same})  # as the difference from the text with the word in it
    checkpoint(old_ms, {here: same})  # which is in the store already
    checkpoint(new_ms, {here: f"{os.urandom(1500).hex()}{CANARY}"})
    await store.flush()
    seen = needles(paths)
    assert len(seen) == 3
    await store.forget(Forget(last_ms=10 * MINUTE_MS))
    queries = store.reading()
    seq, standing = queries.standing("s")
    assert [(seq, one.doc, one.text) for one in standing] == [(4, here, same)]
    queries.close()
    await store.forget(Forget(workspace="/home/someone/secret"))
    assert pages.found(paths.database, key_of(paths), seen) == set()
    queries = store.reading()
    assert [one.text for one in queries.standing("s")[1]] == [same]
    queries.close()
    is_whole(paths)
