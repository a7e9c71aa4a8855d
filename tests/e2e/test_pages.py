"""The pages of the inspector, and `echoctl metrics`, over a store that a real replay has filled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from echo_core.errors import InputError
from echo_core.judging.judgement import State
from echo_core.records import trace
from echo_core.records.wire import Metrics
from echo_core.sharing.consent import Switch
from echo_core.showing.figures import Figures, summed
from echo_daemon.app import Daemon
from echo_daemon.inspecting.charts import charts
from echo_daemon.inspecting.gaps import EndedQuery, GapsQuery
from echo_daemon.inspecting.pages import Pages
from echo_daemon.inspecting.progress import ProgressQuery
from echo_daemon.inspecting.report import report
from echo_daemon.inspecting.samples import SpanKind, Standing
from echo_daemon.replay import session_source
from echo_daemon.store.recorder import Store, StorePaths
from echo_runtime.clock import SystemClock
from echo_runtime.logs import Log
from echo_runtime.settings_file import load_settings
from echo_testing.house import House, stop
from echo_testing.waiting import LONG_S

EMPTY = Figures()


def echoctl(house: House, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "echo_daemon.ctl.main", *arguments],
        env={**os.environ, **house.profile.environ(), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pages_of(house: House) -> Pages:
    """Those of a daemon that does not run: they read what is there."""
    clock = SystemClock()
    log = Log(house.profile.state_dir, "test", clock)
    return Daemon(house.profile, load_settings(house.profile.config_file), clock, log).pages


def summary(house: House) -> Metrics:
    """The counters of the whole store, by other questions than those of the pages."""
    store = Store(StorePaths(house.profile.data_dir), SystemClock(), {})
    queries = store.reading()
    found = queries.metrics()
    queries.close()
    return found


async def test_pages_of_a_profile_in_which_nothing_happened(
    fake_house: Callable[..., House],
) -> None:
    pages = pages_of(fake_house("nothing"))
    overview = await pages.overview()
    assert (overview.recording, overview.since_ms, overview.spaces) == (False, 0, ())
    assert [one.on for one in overview.switches] == [False] * len(Switch)
    progress = await pages.progress(ProgressQuery())
    assert (progress.total, progress.since_ms, progress.silences) == (EMPTY, 0, ())
    assert all(chart.svg for chart in charts(progress))
    assert (await pages.gaps(GapsQuery())).rows == ()
    assert (await pages.ended(EndedQuery())).rows == ()
    assert (await pages.outbox()).waiting == ()
    assert (await pages.consents()).history == ()
    assert [row.name for row in (await pages.models()).rows if row.in_use] == ["smollm2-135m"]
    assert (await pages.leaving()).folders == ()
    with pytest.raises(InputError, match="no sample 1"):
        await pages.sample(1)


async def test_pages_of_a_replay(fake_house: Callable[..., House], tmp_path: Path) -> None:
    house = fake_house(session_source.installed_source(), "--void-logprob=-20")
    file = tmp_path / "session.jsonl"
    lines = session_source.session(session_source.installed_source())
    file.write_text("".join(trace.format(line) + "\n" for line in lines), encoding="utf-8")
    echoctl(house, "consent", "record", "on")
    home = str(house.profile.home)
    echoctl(house, "trace", "replay", str(file), "--speed", "max", "--profile", home)
    echoctl(house, "distill", "--now")
    printed = echoctl(house, "metrics", "--by", "day")
    told = json.loads(echoctl(house, "metrics", "--json"))
    await stop(house)
    pages, whole = pages_of(house), summary(house)
    assert whole.samples > 5
    await check_progress(pages, whole, told, printed)
    await check_gaps(pages, whole)
    await check_samples(pages, whole)
    await check_the_rest(pages, whole)


async def check_progress(pages: Pages, whole: Metrics, told: dict[str, Any], printed: str) -> None:
    progress = await pages.progress(ProgressQuery())
    total = progress.total
    assert (total.shown, total.accepted) == (whole.shown, whole.accepted)
    assert (total.accepted_chars, total.typed_chars) == (whole.accepted_chars, whole.typed_chars)
    assert total.generation.part == whole.accepted_kept_chars
    assert dict(total.reasons) == whole.reasons
    assert total.accepted > 0
    assert {one.reason: one.gaps for one in progress.endings} == {
        name: gaps for name, gaps in whole.gaps.items() if name != "live"
    }
    for parts in (progress.days, progress.weeks, progress.languages):
        assert summed(one.figures for one in parts) == total
    assert sum(one.count for one in progress.latencies) == total.asked
    assert [chart.key for chart in charts(progress, weekly=True)] == [
        chart.key for chart in charts(progress)
    ]
    same = json.loads(json.dumps(told))
    assert same["total"]["acceptance"]["part"] == report(progress).total.acceptance.part
    assert same["total"]["typed_chars"] == total.typed_chars
    assert f"{total.typed_chars:,}" in printed


async def check_gaps(pages: Pages, whole: Metrics) -> None:
    everything = await pages.gaps(GapsQuery(rows=200))
    assert everything.total == len(everything.rows) == whole.samples
    assert everything.next_before == 0
    numbers: list[int] = []
    query = GapsQuery(rows=3)
    while True:
        page = await pages.gaps(query)
        numbers += [row.number for row in page.rows]
        if not page.next_before:
            break
        query = replace(query, before=page.next_before)
    assert numbers == [row.number for row in everything.rows]
    for choice in everything.filters.reasons:
        assert (await pages.gaps(GapsQuery(reason=choice.value))).total == choice.count
    for choice in everything.filters.states:
        assert (await pages.gaps(GapsQuery(state=choice.value))).total == choice.count
    (language,) = everything.filters.languages
    assert (await pages.gaps(GapsQuery(language=language.value))).total == whole.samples
    taken = await pages.gaps(GapsQuery(accepted=True, rows=200))
    assert [row.number for row in taken.rows] == [
        row.number for row in everything.rows if row.accepted_chars
    ]
    path = everything.rows[0].path
    assert (await pages.gaps(GapsQuery(path=path))).total == whole.samples
    assert (await pages.gaps(GapsQuery(path=path + "x"))).total == 0
    ended = await pages.ended(EndedQuery(rows=199))
    gaps = sum(row.gaps for row in ended.rows)
    assert gaps + ended.live == sum(whole.gaps.values())
    assert {number for row in ended.rows for number in row.samples} == set(numbers)


async def check_samples(pages: Pages, whole: Metrics) -> None:
    rows = (await pages.gaps(GapsQuery(rows=200))).rows
    found = [await pages.sample(row.number) for row in rows]
    assert len(found) == whole.samples
    for newer, page, older in zip([None, *found], found, [*found[1:], None], strict=False):
        assert (page.newer, page.older) == (
            newer.number if newer else 0,
            older.number if older else 0,
        )
        kept = "".join(one.text for one in page.target)
        assert len(kept) == page.target_chars
        in_diff = (SpanKind.SAME, SpanKind.KEPT)
        assert "".join(one.text for one in page.diff if one.kind in in_diff) == kept
        proposed = [one.text for one in page.diff if one.kind is not SpanKind.KEPT]
        assert len("".join(proposed)) == page.proposed_chars
        assert page.verdicts
    assert {page.state for page in found} <= {State.KEPT.value, State.DROPPED.value}
    kept_pages = [page for page in found if page.state == State.KEPT]
    assert kept_pages
    for page in kept_pages:
        assert page.departure.standing is Standing.FIT
        assert "switch it on" in page.departure.sentence
        record = json.loads(page.departure.content)
        assert record["target"] == "".join(
            one.text for one in page.target if one.kind is SpanKind.SAME
        )
        assert {field.name for field in page.departure.fields} == set(record)
    assert all(
        page.departure.standing is Standing.UNFIT for page in found if page not in kept_pages
    )


async def check_the_rest(pages: Pages, whole: Metrics) -> None:
    overview = await pages.overview()
    assert overview.judged.kept + overview.judged.dropped == whole.samples
    assert sum(one.share for one in overview.spaces) == pytest.approx(1)
    assert overview.since_ms > 0
    leaving = await pages.leaving()
    assert sum(session.events for session in leaving.sessions) == sum(whole.events.values())
    assert [folder.samples for folder in leaving.folders] == [whole.samples]
    assert {Path(row.path).name for row in leaving.files if row.goes} >= {"store.db", "store.key"}
    consents = await pages.consents()
    assert [row.words for row in consents.history] == ["Recording was switched on."]
    assert all(switch.lines for switch in consents.switches)
