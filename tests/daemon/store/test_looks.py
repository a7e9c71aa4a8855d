"""Looks in the store: what the fold made live is there, and is what a rebuild makes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core.experience.fold import Fold
from echo_core.experience.kept import Before
from echo_core.experience.looks import Look, Moment, Place
from echo_core.records import events as ev
from echo_core.records.wire import SampleQuery
from echo_core.text.edits import Edit
from echo_daemon.archive import StoreArchive
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.miner import Miner, Who
from echo_daemon.store.recorder import Store
from echo_testing.desk import ListRecorder
from echo_testing.records import CANARY, a_sample
from echo_testing.wound_clock import WoundClock

DOC = "file:///repo/a.py"
LOOK = Look(
    "r1", Moment.COMMITTED, 30, Place.FOUND, 0.75, 9, 5, 7, 4, 12, 6, in_file=True, text=CANARY
)


async def test_a_look_comes_back_and_the_newest_counts(store: Store) -> None:
    store.write_sample(a_sample())
    first = replace(LOOK, moment=Moment.OPENED, text="")
    store.write_look(first)
    store.write_look(LOOK)
    newer = replace(first, at_ms=50, place=Place.LOST, confidence=0.0, in_file=False)
    store.write_look(newer)
    await store.flush()
    queries = store.reading()
    assert queries.looks("r1") == [newer, LOOK]
    queries.close()


async def test_a_person_sees_the_figures_and_no_text(store: Store) -> None:
    store.write_sample(a_sample())
    store.write_look(LOOK)
    (row,) = (await StoreArchive(store).looks(SampleQuery(1))).rows
    assert (row.moment, row.place, row.kept_chars, row.in_file) == ("commit", "found", 5, True)
    assert row.text_chars == len(CANARY)
    assert CANARY not in repr(row)


async def test_a_look_at_what_was_forgotten_is_forgotten(store: Store) -> None:
    store.write_look(LOOK)
    await store.flush()
    queries = store.reading()
    assert queries.looks("r1") == []
    queries.close()


async def test_what_no_commit_told_of_is_followed_again(store: Store) -> None:
    head = ev.HeadMoved(3, "main", "file:///repo", "c", ev.HeadMove.SWITCH)
    store.start_session("s", 0, "test", ())
    renamed = ev.Renamed(4, "file:///repo/a.py", "file:///repo/b.py")
    store.append(head, "s")
    store.append(renamed, "s")
    for number in range(1, 5):
        store.write_sample(replace(a_sample(), request=f"r{number}", broken_at_ms=20 * number))
    store.write_look(replace(LOOK, request="r2"))
    store.write_look(replace(LOOK, request="r3", place=Place.ELSEWHERE))
    store.write_look(replace(LOOK, request="r3", moment=Moment.SAVED))
    archive = StoreArchive(store)
    before, moves = await archive.followed(2)
    assert [one.sample.request for one in before] == ["r1", "r2", "r3", "r4"]
    assert [(one.told, one.saved) for one in before] == [
        (False, False), (True, False), (False, True), (False, False),
    ]  # fmt: skip
    assert replace(before[0].sample, request="r1", broken_at_ms=20) == a_sample()
    assert moves == [head, renamed]
    newest = replace(a_sample(), request="r4", broken_at_ms=80)
    assert await archive.followed(79) == ([Before(newest)], [])


steps = st.lists(
    st.tuples(
        st.integers(0, 40_000),
        st.sampled_from(
            ["ask", "type", "type", "delete", "above", "reload", "save", "reopen", "window",
             "branch", "commit", "tick"]
        ),
        st.integers(0, 1_000),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=60)
@given(steps)
def test_what_is_seen_live_is_what_a_rebuild_sees(steps: list[tuple[int, str, int]]) -> None:
    """Live, time also passes by ticks, and in several windows; a rebuild has only the events."""
    clock, recorder = WoundClock(), _Recorder()
    fold = Fold(RapidMatcher())
    miners = [Miner(name, Who("test"), recorder, clock, fold) for name in "ab"]
    at = 0
    for wait_ms, step, number in steps:
        clock.pass_ms(wait_ms)
        for event in _events(step, number, clock.wall_ms(), miners[at]):
            miners[at].observe(event)
        if step == "tick":
            miners[at].tick()
        elif step == "window":
            at = 1 - at
    clock.pass_ms(1_000_000)
    for miner in miners:
        miner.tick()
    again = Fold(RapidMatcher())
    for name in "ab":
        again.begin(name)
    looks = [look for name, event in recorder.log for look in again.feed(name, event).looks]
    assert looks == recorder.looks


class _Recorder(ListRecorder):
    """Also keeps which session an event is of."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, ev.Event]] = []

    def append(self, session: str, event: ev.Event) -> bool:
        self.log.append((session, event))
        return True


def _events(step: str, number: int, now: int, miner: Miner) -> list[ev.Event]:
    document = miner.document(DOC)
    if document is None:
        return [ev.Opened(now, DOC, "python", 1, "def f(x):\n    \n\nprint(f(1))\n")]
    length = len(document.text)
    at = number % (length + 1)
    edit = Edit(at, at, "return value")
    match step:
        case "ask":
            return [ev.Requested(now, f"r{now}.{number}", DOC, 1, at, ev.Trigger.AUTOMATIC)]
        case "delete":
            edit = Edit(at, min(length, at + 7), "")
        case "above":
            edit = Edit(0, 0, "\n")
        case "reload":
            text = document.text[:at] + document.text[at + 5 :]
            reload = Edit(0, length, text)
            return [ev.Edited(now, DOC, 2, (reload,), ev.Origin.EXTERNAL)]
        case "save":
            return [ev.Saved(now, DOC)]
        case "reopen":
            return [ev.Closed(now, DOC), ev.Opened(now, DOC, "python", 1, document.text)]
        case "branch":
            ref = "main" if number % 2 else "other"
            return [ev.HeadMoved(now, ref, "file:///repo", "c", ev.HeadMove.SWITCH)]
        case "commit":
            return [ev.Committed(now, DOC, "c", document.text[: number * 2])]
        case "tick" | "window":
            return []
    return [ev.Edited(now, DOC, 2, (edit,), ev.Origin.TYPED)]
