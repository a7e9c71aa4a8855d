"""Gaps of a killed daemon go on, or end by time, and a rebuild agrees."""

from __future__ import annotations

from pathlib import Path

from echo_core import limits
from echo_core.records.events import (
    Closed,
    Origin,
)
from echo_core.text.edits import Edit
from echo_testing.live import Live

DOCS = ("file:///w/a.py", "file:///w/b/b.py")


async def test_a_killed_daemon_s_gap_goes_on_and_holds_what_nobody_saw(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    await live.start()
    window = live.window()
    between = "\n" * 200
    window.open(DOCS[0], f"x = {between}y = 1")
    window.ask(DOCS[0], 4, "sum(xs)")
    window.edit(DOCS[0], (Edit(4, 4, "sum("),), Origin.TYPED)
    await live.store.flush()
    await live.crash()
    assert live.sleepers.gaps_live == 1
    window = live.window(DOCS[0])
    window.open(DOCS[0], f"x = sum(xs){between}y = 2")
    window.edit(DOCS[0], (Edit(11, 11, " + 1"),), Origin.TYPED)
    window.miner.observe(Closed(window.now, DOCS[0]))
    await live.store.flush()
    gaps, samples, _ = live.rows()
    assert [gap[-1] for gap in gaps] == ["closed"]
    assert [sample.target for sample in samples if sample] == ["sum(xs) + 1"]
    report = await live.rebuild()
    assert (report.sessions, report.samples_differing, report.gaps_differing) == (1, 0, 0)
    await live.store.close()


async def test_nobody_comes_back_and_time_ends_the_gap(tmp_path: Path) -> None:
    live = Live(tmp_path / "p")
    await live.start()
    window = live.window()
    window.open(DOCS[0], "x = ")
    asked_ms = window.now
    window.ask(DOCS[0], 4, "1")
    await live.store.flush()
    live.clock.pass_ms(limits.GAP_LIFETIME_MS + 7)
    await live.crash()
    live.sleepers.tick()
    await live.store.flush()
    ((*_, broken_ms, reason),), *_ = live.rows()
    assert (broken_ms, reason) == (asked_ms + limits.GAP_LIFETIME_MS, "expired")
    assert (await live.rebuild()).gaps_differing == 0
    await live.store.close()
