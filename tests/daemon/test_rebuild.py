"""What a rebuild makes of the log is what was mined live, row by row, whatever was killed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core.errors import StoreError
from echo_core.judging.exhibit import Due, Judged
from echo_core.judging.judgement import Judgement
from echo_core.records.events import (
    Closed,
    Committed,
    CursorMoved,
    HeadMove,
    HeadMoved,
    Origin,
    Saved,
)
from echo_core.records.wire import ConsentChoice, Forget, RebuildProgress
from echo_core.text.edits import Edit
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.replay.trace_file import read_trace
from echo_daemon.store import packs
from echo_daemon.store.database import Row
from echo_daemon.store.gaps import packed_requests
from echo_testing.live import Live, Window, running


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """A few events fill a block of the log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "PACK_EVENTS", 9)
        yield


DOCS = ("file:///w/a.py", "file:///w/b/b.py")
LIVE = "SELECT gaps_live FROM sessions ORDER BY id"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens in one of two windows, to one of two documents."""

    what: str
    window: int
    doc: str
    where: float
    length: float
    text: str
    origin: Origin
    wait_ms: int


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(
            (
                "open",
                "edit",
                "edit",
                "edit",
                "ask",
                "ask",
                "cursor",
                "close",
                "tick",
                "crash",
                "save",
                "head",
                "commit",
                "leave",
                "rename",
            )
        ),
        st.integers(0, 1),
        st.sampled_from(DOCS),
        st.floats(0, 1),
        st.floats(0, 1),
        st.text("xy\n(\U0001f600\ud800", max_size=5) | st.just("return value_of_it"),
        st.sampled_from(Origin),
        st.sampled_from((0, 1, 300, 4_000, 20_000, 200_000)),
    ),
    max_size=60,
)


def take(step: Step, window: Window, live: Live, proposals: list[str]) -> None:
    """Live one step, where it can happen."""
    live.clock.pass_ms(step.wait_ms)
    text = window.text(step.doc)
    if step.what in ("crash", "leave"):
        return
    if step.what == "open":
        window.open(step.doc, step.text * 40)
    elif step.what == "tick":
        window.miner.tick()
        live.sleepers.tick()
    elif step.what == "head":
        ref = "main" if step.where < 0.5 else "other"
        window.miner.observe(HeadMoved(window.now, ref, "file:///w", "c", HeadMove.SWITCH))
    elif step.what == "commit":
        held = (text or step.text * 40)[: int(step.length * 200)]
        window.miner.observe(Committed(window.now, step.doc, "c", held))
    elif text is None:
        return
    elif step.what == "edit":
        start = int(step.where * len(text))
        end = min(len(text), start + int(step.length * 6))
        window.edit(step.doc, (Edit(start, end, step.text),), step.origin, proposals[-1])
    elif step.what == "ask":
        goes_on = proposals[-1] if step.length > 0.7 else ""
        proposals.append(window.ask(step.doc, int(step.where * len(text)), step.text, goes_on))
    elif step.what == "cursor":
        at = int(step.where * len(text))
        window.miner.observe(CursorMoved(window.now, step.doc, at, at))
    elif step.what == "rename":
        to = DOCS[step.doc == DOCS[0]]
        if window.miner.renamed(step.doc, to) and step.where < 0.8:
            window.open(to, text if step.where < 0.5 else text + step.text)
    elif step.what == "save":
        window.miner.observe(Saved(window.now, step.doc))
    else:
        window.miner.observe(Closed(window.now, step.doc))


def come_back(window: Window, step: Step, live: Live) -> Window:
    """An editor that goes without a word; the next one has the document as it was, or nearly."""
    text = window.text(step.doc)
    sleeper = window.miner.rest()
    if sleeper is not None:
        live.sleepers.rest(sleeper)
    live.clock.pass_ms(step.wait_ms)
    window = live.window(step.doc)
    if text is not None:
        window.open(step.doc, text if step.where < 0.5 else text + step.text)
    return window


async def lived(live: Live, steps: list[Step], windows: list[Window]) -> None:
    """Live the steps, in two windows; the killed are followed by others."""
    proposals = [""]
    for step in steps:
        if step.what == "crash":
            await live.store.flush()
            texts = [window.text(step.doc) for window in windows]
            await live.crash()
            windows[:] = [live.window(step.doc), live.window(step.doc)]
            for window, text in zip(windows, texts, strict=True):
                if text is not None:
                    at = int(step.where * len(text))
                    window.open(step.doc, text[:at] + step.text + text[at:])
        elif step.what == "leave":
            windows[step.window] = come_back(windows[step.window], step, live)
        take(step, windows[step.window], live, proposals)
    await live.store.flush()


async def is_rebuilt(live: Live) -> None:
    """A rebuild finds nothing that differs."""
    before = live.rows()
    report = await live.rebuild()
    assert (report.samples_differing, report.gaps_differing) == (0, 0)
    assert (report.looks_differing, report.looks_identical) == (0, len(before[2]))
    assert report.samples_identical == report.samples_after == len(before[1])
    assert report.gaps == len(before[0])
    assert live.rows() == before


@settings(max_examples=25)
@given(STEPS)
def test_live_is_rebuilt(steps: list[Step]) -> None:
    async def story(live: Live) -> None:
        await live.start()
        await lived(live, steps, [live.window(), live.window()])
        await is_rebuilt(live)
        before = live.rows()
        with live.beside() as connection:
            connection.execute("DELETE FROM samples")
            connection.execute("DELETE FROM looked")
            connection.execute(
                "UPDATE breaks SET reason = (reason + 1) % 8 WHERE broken_ms % 2 = 0"
            )
            connection.execute("DELETE FROM breaks WHERE broken_ms % 2 = 1")
            counted = connection.execute(LIVE).fetchall()
            connection.execute("UPDATE sessions SET gaps_live = gaps_live + 1")
        again = await live.rebuild()
        assert again.samples_differing == len(before[1])
        assert again.looks_differing == len(before[2])
        assert live.rows() == before
        assert again.gaps_differing == sum(
            ended_ms is not None for _, _, _, ended_ms, _ in before[0]
        )
        with live.beside() as connection:
            assert connection.execute(LIVE).fetchall() == counted
        await live.store.close()

    with running() as runner, tempfile.TemporaryDirectory() as folder:
        runner.run(story(Live(Path(folder) / "p")))


@settings(max_examples=25)
@given(STEPS, STEPS, st.sampled_from((0, 1_000, 30_000, 300_000)))
def test_what_is_left_is_rebuilt_to_what_it_was(
    before: list[Step], after: list[Step], last_ms: int
) -> None:
    """A folder is forgotten, or the last while; life goes on, and still nothing differs."""

    async def story(live: Live) -> None:
        await live.start()
        windows = [live.window(), live.window()]
        await lived(live, before, windows)
        was = live.rows()
        texts = [window.text(DOCS[0]) for window in windows]
        for window in windows:
            window.miner.end()
        since_ms = live.clock.wall_ms() - last_ms
        await live.forget(Forget(last_ms=last_ms) if last_ms else Forget(workspace="/w/b"))
        await is_rebuilt(live)
        gaps, samples, looks = live.rows()
        if last_ms:
            assert gaps_until(gaps, since_ms) == gaps_until(was[0], since_ms)
            assert samples == [one for one in was[1] if one and one.broken_at_ms < since_ms]
            assert looks == [one for one in was[2] if one.at_ms < since_ms]
        else:
            assert gaps == [row for row in was[0] if row[0] in {gap[0] for gap in gaps}]
            left = [one for one in was[1] if one and one.doc == DOCS[0]]
            names = {one.request for one in samples if one}
            assert samples == [one for one in left if one.request in names]
            if not any(step.what == "rename" for step in before):
                assert samples == left
                assert looks == [one for one in was[2] if one.request in names]
        windows = [live.window(DOCS[0]), live.window(DOCS[0])]
        for window, text in zip(windows, texts, strict=True):
            if text is not None:
                window.open(DOCS[0], text)
        await lived(live, after, windows)
        await is_rebuilt(live)
        await live.store.close()

    with running() as runner, tempfile.TemporaryDirectory() as folder:
        runner.run(story(Live(Path(folder) / "p")))


def gaps_until(gaps: list[Row], since_ms: int) -> list[Row]:
    """Those that had ended."""
    return [gap for gap in gaps if isinstance(gap[3], int) and gap[3] < since_ms]


@pytest.mark.parametrize("name", ["vscode.trace.jsonl.gz", "svelte.trace.jsonl.gz"])
async def test_live_is_rebuilt_on_a_trace(name: str, tmp_path: Path) -> None:
    if "ECHO_DATA" not in os.environ:
        pytest.skip("ECHO_DATA names no folder of traces")
    live = Live(tmp_path / "p")
    await live.start()
    window = live.window()
    now = 0
    for line in read_trace(Path(os.environ["ECHO_DATA"]) / name):
        live.clock.pass_ms(line.t_ms - now)
        now = line.t_ms
        window.play(line)
    window.miner.tick()
    told: list[RebuildProgress] = []
    report = await live.store.rebuild(RapidMatcher(), told.append)
    assert (report.samples_differing, report.gaps_differing) == (0, 0)
    assert report.samples_identical == report.samples_before > 20
    assert report.gaps > 100
    assert told[-1] == RebuildProgress(1, 1, report.events)
    await live.store.close()


async def test_what_is_wrong_is_put_right_and_named(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    await live.start()
    window = live.window()
    docs = (*DOCS, "file:///w/c.py")
    for doc in docs:
        window.open(doc, "total = \nprint(total)\n")
    live.clock.pass_ms(5)
    for doc in docs:
        window.ask(doc, 8, "sum(xs)")
    window.edit(docs[0], (Edit(8, 8, "sum(xs)"),), Origin.TYPED)
    window.miner.observe(Closed(window.now, docs[0]))
    await live.store.flush()
    gaps, samples, _ = live.rows()
    first, second, third = (str(row[0]) for row in gaps)
    with live.beside() as connection:
        connection.execute("UPDATE samples SET model = 'x' WHERE request = ?", (first,))
        connection.execute("UPDATE samples SET zstd = x'00' WHERE request = ?", (second,))
        never = packed_requests(["never"])
        connection.execute(
            "UPDATE breaks SET requests = ? WHERE requests = ?", (never, packed_requests([third]))
        )
        connection.execute("UPDATE samples SET request = 'never' WHERE request = ?", (third,))
    report = await live.rebuild()
    assert sorted(report.differing) == sorted([first, second, third, "never"])
    assert (report.samples_identical, report.samples_differing) == (0, 4)
    assert report.gaps_differing == 2
    assert live.rows()[:2] == (gaps, samples)
    await live.store.close()


async def test_what_stays_the_same_stays_judged(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    await live.start()
    window = live.window()
    for doc in DOCS:
        window.open(doc, "x = ")
        window.ask(doc, 4, "1")
        window.edit(doc, (Edit(4, 4, "1"),), Origin.TYPED)
        window.miner.observe(Closed(window.now, doc))
    await live.store.flush()
    with live.beside() as connection:
        connection.execute("UPDATE samples SET model = 'x' WHERE id = 1")
    for number in (1, 2):
        exhibit = await live.archive.exhibit(number)
        assert exhibit is not None
        judgement = Judgement(1, "statement", 1.0, "")
        live.archive.judged(Judged(number, exhibit.stamp, 1, b"v", judgement))
    await live.store.flush()
    assert len(await live.archive.due(Due(b"v", askable=True))) == 0
    report = await live.rebuild()
    assert (report.samples_identical, report.samples_differing) == (1, 1)
    assert await live.archive.due(Due(b"v", askable=True)) == [1]
    await live.store.close()


async def test_samples_outlive_the_events_that_they_were_mined_from(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    await live.start()
    window = live.window()
    window.open(DOCS[0], "x = ")
    window.ask(DOCS[0], 4, "1")
    window.miner.observe(Closed(window.now, DOCS[0]))
    await live.store.flush()
    before = live.rows()
    with live.beside() as connection:  # as an hour later, when its events have become too old
        connection.execute("UPDATE sessions SET events = 0, first_seq = 1000")
    report = await live.rebuild()
    assert (report.sessions, report.samples_differing) == (0, 0)
    assert live.rows() == before
    await live.store.close()


async def test_a_log_that_is_damaged_changes_nothing(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    await live.start()
    window = live.window()
    window.open(DOCS[0], "x = ")
    window.ask(DOCS[0], 4, "1")
    window.miner.observe(Closed(window.now, DOCS[0]))
    await live.store.flush()
    with live.beside() as connection:
        connection.execute("DELETE FROM samples")
        connection.execute("UPDATE events SET body = x'5b' WHERE kind = 3")
    before = live.rows()
    with pytest.raises(StoreError):
        await live.rebuild()
    assert live.rows() == before
    window.open(DOCS[1], "goes on")
    assert await live.store.flush() == 6
    await live.store.choose(ConsentChoice(record=False, by="a test"))
    with pytest.raises(StoreError, match="not open"):
        await live.rebuild()
    await live.store.close()
