"""Reading what was recorded: samples, counters, views, a session from its start to its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from echo_core.errors import StoreError
from echo_core.gaps.life import Break
from echo_core.records import events as ev
from echo_core.records.wire import SampleQuery, SamplesQuery
from echo_core.text.edits import Edit, apply_all
from echo_daemon.store import database
from echo_daemon.store.gaps import GapsBroken
from echo_daemon.store.recorder import Store, StorePaths
from echo_testing.records import CANARY, DOC, a_sample, a_session


def record(store: Store, events: list[ev.Event], session: str = "s1") -> None:
    for event in events:
        store.append(event, session)


async def test_samples_come_back_with_their_texts(store: Store) -> None:
    record(store, a_session()[:5])
    window = "".join(f"line {number} of the window\n" for number in range(300))
    for number in range(20):
        store.write_sample(
            replace(a_sample(), request=f"r{number}", prefix=window, target=f"x = {number}\n")
        )
    store.write_sample(
        replace(a_sample(), request="r-void", target="", proposal="", break_reason=Break.SETTLED)
    )
    await store.flush()
    queries = store.reading()
    found = queries.samples(SamplesQuery(limit=5))
    assert (len(found.rows), found.total) == (5, 21)
    newest = queries.sample(SampleQuery(found.rows[0].id))
    assert (newest.request, newest.target, newest.row.target_lines) == ("r-void", "", 0)
    detail = queries.sample(SampleQuery(found.rows[1].id))
    assert (detail.prefix, detail.target, detail.suffix) == (window, "x = 19\n", "\n")
    assert (detail.proposal, detail.model) == (f"return {CANARY}", "m")
    assert (detail.row.doc, detail.row.language, detail.row.break_reason) == (DOC, "python", "left")
    assert (detail.row.opened_at_ms, detail.row.lived_ms, detail.row.target_lines) == (5, 15, 1)
    assert queries.samples(SamplesQuery(break_reason="settled")).total == 1
    assert queries.samples(SamplesQuery(with_proposal=True)).total == 20
    with pytest.raises(StoreError, match="no sample 999"):
        queries.sample(SampleQuery(999))
    queries.close()


async def test_a_second_sample_of_a_request_replaces_the_first(store: Store) -> None:
    store.write_sample(replace(a_sample(), target="one"))
    store.write_sample(replace(a_sample(), target="two\n\ud800"))
    await store.flush()
    queries = store.reading()
    (row,) = queries.samples(SamplesQuery()).rows
    assert queries.sample(SampleQuery(row.id)).target == "two\n\ud800"
    assert (row.target_chars, row.target_lines) == (5, 2)
    queries.close()


async def test_metrics_count_what_happened(store: Store) -> None:
    record(store, a_session())
    store.append(ev.Outcome(12, "p1", ev.OutcomeKind.PARTIAL, 3), "s1")
    store.append(ev.Outcome(12, "p2", ev.OutcomeKind.SHOWN, 9), "s1")
    store.append(ev.Outcome(12, "p2", ev.OutcomeKind.DISMISSED, 9), "s1")
    for number in range(1, 100):  # 99 cheap answers beside the one of 12.5 ms
        answer = ev.Proposed(13, f"q{number}", "", "", "m", 0.0, 0.5, 7, 1, 0, "nothing_written")
        store.append(answer, "s1")
    store.append(ev.Proposed(14, "q0", "p1", "x", "", 0.0, 0.0, 0, 0, 0, "proposed"), "s1")
    store.append(ev.Opened(15, DOC, "python", 1, ""), "s1")
    for number in range(2, 7):
        request = ev.Requested(15, f"r{number}", DOC, 2, 2, ev.Trigger.AUTOMATIC)
        store.append(request, "s1")
    for reason, requests in (  # of those that were not replaced, two have samples
        (Break.LEFT, ("r1",)),
        (Break.EXPIRED, ("r3", "r4", "r5")),
        (Break.REPLACED, ("r6",)),
    ):
        store.write_gaps_broken(GapsBroken("s1", DOC, 20, reason, requests))
    store.write_sample(a_sample())
    store.write_sample(
        replace(a_sample(), request="r0", accepted_chars=7, kept_chars=0)
    )  # overlaps: the same characters
    await store.flush()
    queries = store.reading()
    metrics = queries.metrics()
    queries.close()
    assert (metrics.requests, metrics.shown, metrics.accepted) == (6, 2, 1)
    assert (metrics.accepted_chars, metrics.accepted_kept_chars) == (7, 7)
    assert (metrics.typed_chars, metrics.edits) == (2, 3)
    assert (metrics.latency_p50_ms, metrics.latency_p95_ms) == (0.5, 0.5)
    assert metrics.tokens_per_key_p50 == 1
    assert metrics.gaps == {"left": 1, "live": 1, "expired": 3, "replaced": 1}
    assert (metrics.samples, metrics.nested) == (2, 2)
    assert metrics.reasons == {"proposed": 2, "nothing_written": 99}
    assert metrics.events["proposal"] == 101


async def test_an_empty_store_has_zeros(store: Store) -> None:
    queries = store.reading()
    metrics = queries.metrics()
    queries.close()
    assert (metrics.requests, metrics.latency_p95_ms, metrics.gaps) == (0, 0.0, {})


async def test_the_views_show_what_the_log_holds(store: Store, paths: StorePaths) -> None:
    record(store, a_session())
    await store.flush()
    connection = database.open_for_reading(paths.database, bytes.fromhex(paths.key.read_text()))
    assert connection.execute(
        "SELECT doc, version, origin, start, deleted, inserted FROM edits"
    ).fetchall() == [
        (DOC, 2, "typed", 0, 0, "a\ud800"),
        (DOC, 2, "typed", 2, 1, ""),
        (DOC, 3, "accepted", 2, 0, "return "),
    ]
    assert connection.execute(
        'SELECT doc, request, version, "offset", "trigger" FROM requests'
    ).fetchall() == [(DOC, "r1", 2, 2, "invoked")]
    assert connection.execute(
        "SELECT request, proposal, text, model, logprob_mean, latency_ms, tokens_prompt,"
        " tokens_evaluated, tokens_written, reason FROM proposals"
    ).fetchall() == [("r1", "p1", f"return {CANARY}", "m", -0.25, 12.5, 700, 3, 5, "proposed")]
    assert connection.execute("SELECT proposal, outcome, chars FROM outcomes").fetchall() == [
        ("p1", "accepted", 7)
    ]
    connection.close()


async def test_a_long_session_is_read_page_by_page(store: Store) -> None:
    store.append(ev.Opened(0, DOC, "python", 0, "start "), "s1")
    for number in range(5_000):
        edit = Edit(number, number, str(number % 10))
        store.append(ev.Edited(number, DOC, number, (edit,), ev.Origin.TYPED), "s1")
        store.append(ev.Focused(number, DOC), "s2")
    await store.flush()
    queries = store.reading()
    text = ""
    for event in queries.events("s1"):
        text = event.text if isinstance(event, ev.Opened) else text
        text = apply_all(text, event.edits) if isinstance(event, ev.Edited) else text
    assert text == "0123456789" * 500 + "start "
    queries.close()
