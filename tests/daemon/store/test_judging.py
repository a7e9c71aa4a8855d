"""Judgements in the store: what is due, what they are of, and when they go."""

from __future__ import annotations

from dataclasses import replace

from echo_core.experience.looks import Moment
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.judging.exhibit import Due, Judged, Standing
from echo_core.judging.judgement import Judgement, Redaction
from echo_core.records import events as ev
from echo_core.records.wire import ConsentChoice, Forget, SamplesQuery
from echo_daemon.archive import StoreArchive
from echo_daemon.store import database
from echo_daemon.store.database import Connection
from echo_daemon.store.recorder import Store, StorePaths
from echo_daemon.store.texts import unpacked
from echo_testing import pages
from echo_testing.records import CANARY, a_sample, a_session
from echo_testing.samples import a_look

V1, V2 = b"versions", b"others"
NOW_MS = 1_700_000_000_000
MINUTE_MS = 60_000
KEPT = Judgement(
    6, "statement", 0.75, "MIT",
    (Verdict("names", 1, Finding.PASSED),),
    redactions=(Redaction(4, 9, "name"),),
)  # fmt: skip
DROPPED = Judgement(
    6, "statement", 0.0, "MIT",
    (Verdict("names", 1, Finding.DROPPED, Cause.NAME_UNKNOWN, ((3, 5),), 0.0, (("names", 1),)),),
)  # fmt: skip
UNASKED = Judgement(
    6, "statement", 0.5, "", (Verdict("boundary", 1, Finding.UNCHECKED, Cause.NO_MODEL),)
)


def key_of(paths: StorePaths) -> bytes:
    return bytes.fromhex(paths.key.read_text())


def opened(paths: StorePaths) -> Connection:
    return database.open_for_reading(paths.database, key_of(paths))


async def judge(
    archive: StoreArchive,
    number: int,
    judgement: Judgement,
    *,
    at_ms: int = NOW_MS,
    versions: bytes = V1,
) -> None:
    exhibit = await archive.exhibit(number)
    assert exhibit is not None
    archive.judged(Judged(number, exhibit.stamp, at_ms, versions, judgement))
    await archive.flush()


async def due(archive: StoreArchive, versions: bytes = V1, *, askable: bool = False) -> list[int]:
    query = Due(versions, askable)
    numbers = await archive.due(query)
    assert await archive.due_count(query) == len(numbers)
    return numbers


async def found(archive: StoreArchive, number: int) -> Judgement | None:
    exhibit = await archive.exhibit(number)
    return None if exhibit is None else exhibit.judgement


def keep(store: Store, count: int = 3) -> None:
    for number in range(1, count + 1):
        store.write_sample(replace(a_sample(), request=f"r{number}"))


async def test_what_is_judged_is_not_due_until_a_version_changes(store: Store) -> None:
    archive = StoreArchive(store)
    keep(store)
    assert await due(archive) == [3, 2, 1]
    await judge(archive, 3, KEPT)
    await judge(archive, 2, UNASKED)
    assert await due(archive) == [1]
    assert await due(archive, askable=True) == [2, 1]
    assert await due(archive, V2) == [3, 2, 1]
    assert await archive.due(Due(V2, askable=False, before=3, limit=1)) == [2]
    assert await found(archive, 3) == KEPT
    assert await found(archive, 1) is None
    assert await archive.exhibit(99) is None


async def test_a_judgement_is_one_row_however_often_it_is_written(store: Store) -> None:
    archive = StoreArchive(store)
    keep(store, 1)
    await judge(archive, 1, KEPT)
    await judge(archive, 1, DROPPED, versions=V2)
    assert await found(archive, 1) == DROPPED
    assert await archive.standings() == [Standing("dropped", "names", "name_unknown", 1)]


async def test_a_list_says_what_was_found(store: Store) -> None:
    archive = StoreArchive(store)
    keep(store)
    await judge(archive, 3, KEPT)
    await judge(archive, 2, DROPPED)
    rows = (await archive.samples(SamplesQuery())).rows
    assert [(row.id, row.state, row.cause, row.cut_chars, row.quality) for row in rows] == [
        (3, "kept", "", 6, 0.75),
        (2, "dropped", "name_unknown", 6, 0.0),
        (1, "candidate", "", 0, 0.0),
    ]
    for query, numbers in (
        (SamplesQuery(state="kept"), [3]),
        (SamplesQuery(state="candidate"), [1]),
        (SamplesQuery(cause="name_unknown"), [2]),
    ):
        listed = await archive.samples(query)
        assert [row.id for row in listed.rows] == numbers
        assert listed.total == len(numbers)


async def test_a_later_look_makes_it_due_again(store: Store) -> None:
    archive = StoreArchive(store)
    keep(store, 1)
    await judge(archive, 1, KEPT)
    look = a_look(moment=Moment.SAVED, at_ms=30)
    exhibit = await archive.exhibit(1)
    assert exhibit is not None
    store.write_look(look)
    assert await due(archive) == [1]
    await judge(archive, 1, KEPT)
    assert await due(archive) == []
    store.write_look(replace(look, at_ms=40))  # the same moment, seen again
    assert await due(archive) == [1]
    # A judgement that was made before the look is written, and due at once.
    archive.judged(Judged(1, exhibit.stamp, NOW_MS, V1, KEPT))
    assert await due(archive) == [1]


async def test_a_sample_that_became_another_is_not_judged(store: Store) -> None:
    archive = StoreArchive(store)
    keep(store, 1)
    exhibit = await archive.exhibit(1)
    assert exhibit is not None
    await judge(archive, 1, KEPT)
    store.write_sample(replace(a_sample(), request="r1", target="other\n"))
    await store.flush()
    assert await found(archive, 1) is None
    archive.judged(Judged(1, exhibit.stamp, NOW_MS, V1, KEPT))  # of the text that was there
    await archive.flush()
    assert await found(archive, 1) is None


async def test_a_damaged_judgement_is_none(store: Store, paths: StorePaths) -> None:
    archive = StoreArchive(store)
    keep(store, 1)
    await judge(archive, 1, KEPT)
    connection = database.open_for_writing(paths.database, key_of(paths))
    connection.execute("UPDATE judgements SET zstd = x'00'")
    connection.close()
    assert await found(archive, 1) is None


async def test_it_goes_with_its_sample_from_every_page(store: Store, paths: StorePaths) -> None:
    archive = StoreArchive(store)
    store.start_session("s", 1, "editor", ("file:///home/someone",))
    told = Judgement(6, "statement", 0.5, CANARY, DROPPED.verdicts)  # to be looked for
    for number, folder in ((1, "secret"), (2, "open")):
        doc = f"file:///home/someone/{folder}/a.py"
        for event in a_session(doc):
            store.append(event, f"s{number}")
        store.write_sample(replace(a_sample(), request=f"r{number}", doc=doc))
    await store.flush()
    await judge(archive, 1, told)
    await judge(archive, 2, KEPT)
    reader = opened(paths)
    ((blob,),) = reader.execute("SELECT zstd FROM judgements WHERE sample = 1").fetchall()
    reader.close()
    assert isinstance(blob, bytes)
    assert CANARY.encode() in unpacked(blob)
    seen = {blob[len(blob) // 2 :][:24]}
    assert pages.found(paths.database, key_of(paths), seen) == seen
    await store.forget(Forget(workspace="/home/someone/secret"))
    assert pages.found(paths.database, key_of(paths), seen) == set()
    assert await archive.standings() == [Standing("kept", "", "", 1)]


async def test_what_was_found_in_the_time_that_is_forgotten_is_found_again(store: Store) -> None:
    archive = StoreArchive(store)
    old = {"opened_at_ms": NOW_MS - 30 * MINUTE_MS, "broken_at_ms": NOW_MS - 30 * MINUTE_MS}
    store.append(ev.Opened(NOW_MS, "file:///b.py", "python", 1, "x"), "s")
    for number in (1, 2):
        store.write_sample(replace(a_sample(), request=f"r{number}", **old))
    await store.flush()
    await judge(archive, 1, KEPT, at_ms=NOW_MS - 20 * MINUTE_MS)
    await judge(archive, 2, KEPT, at_ms=NOW_MS - MINUTE_MS)
    await store.forget(Forget(last_ms=10 * MINUTE_MS))
    assert await found(archive, 1) == KEPT
    assert await due(archive) == [2]


async def test_everything_goes_with_the_store(store: Store, paths: StorePaths) -> None:
    archive = StoreArchive(store)
    keep(store, 1)
    await store.flush()
    await judge(archive, 1, KEPT)
    await store.erase("a test")
    await store.choose(ConsentChoice(record=True, by="a test"))
    assert await archive.standings() == []
    assert await archive.roots() == ()


async def test_the_folders_of_all_workspaces(store: Store) -> None:
    archive = StoreArchive(store)
    for name, roots in (("a", ("file:///w",)), ("b", ("file:///v", "file:///w")), ("c", ())):
        store.start_session(name, 1, "editor", roots)
    assert await archive.roots() == ("file:///v", "file:///w")
