"""Judged samples as whoever shares them sees them: only what today's checks kept, and safely."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from echo_core.gaps.life import Break
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.later import Later
from echo_core.judging.checks.table import TABLE, Cost
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.judging.exhibit import Judged
from echo_core.judging.judgement import Judgement, Redaction
from echo_core.records.wire import SampleQuery
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.making import SAFETY, Hidden, KeptRow
from echo_daemon.archive import StoreArchive
from echo_daemon.store.kept import StoreKept, is_current
from echo_daemon.store.recorder import Store
from echo_testing.records import a_sample
from echo_testing.samples import a_look

CHEAP = [step for step in TABLE if step.cost is Cost.CHEAP]
VERDICTS = (
    *(Verdict(step.name, step.version, Finding.PASSED) for step in CHEAP),
    Verdict("difficulty", 1, Finding.PASSED, facts=(("zone", "middle"), ("similarity", 0.5))),
    Verdict("standing", 1, Finding.PASSED, facts=(("moment", "commit"), ("kept", 0.75))),
)
KEPT = Judgement(4, "statement", 0.8, "MIT", VERDICTS, redactions=(Redaction(0, 2, "name"),))


async def judge(store: Store, judgement: Judgement) -> None:
    archive = StoreArchive(store)
    exhibit = await archive.exhibit(1)
    assert exhibit is not None
    archive.judged(Judged(1, exhibit.stamp, 1, b"v", judgement))
    await archive.flush()


async def test_a_kept_sample_comes_cut_and_with_what_was_found(store: Store) -> None:
    sample = a_sample()
    store.write_sample(sample)
    await store.flush()
    kept = StoreKept(store)
    assert await kept.kept(0, history=True) == []
    assert await kept.sample(sample.request) is None
    await judge(store, KEPT)
    assert await kept.kept(sample.broken_at_ms, history=True) == [
        KeptRow(sample.request, sample.doc, Kind.SAMPLES)
    ]
    assert await kept.kept(sample.broken_at_ms + 1, history=True) == []
    found = await kept.sample(sample.request)
    if not {step.name for step in TABLE} >= SAFETY:
        assert found is None  # a check for safety is missing: nothing leaves
        return
    assert found is not None
    assert (found.target, found.prefix) == (sample.target[:4], sample.prefix)
    assert (found.zone, found.likeness, found.survived) == ("middle", 0.5, 0.75)
    assert found.hidden == (Hidden(0, 2, "name"),)
    assert found.proposed_chars == len(sample.proposal)
    dropped = replace(VERDICTS[0], finding=Finding.DROPPED, cause=Cause.TOO_LARGE)
    await judge(store, replace(KEPT, verdicts=(dropped, *VERDICTS[1:])))
    assert await kept.kept(0, history=True) == []
    assert await kept.sample(sample.request) is None


async def test_a_proposal_that_a_check_let_pass_comes_with_it(store: Store) -> None:
    sample = a_sample()
    store.write_sample(sample)
    await store.flush()
    kept = StoreKept(store)
    await judge(store, KEPT)
    found = await kept.sample(sample.request)
    assert found is not None
    assert found.rejected == ""  # there was none to judge
    judged = Verdict("rejected", 1, Finding.PASSED, facts=(("chars", len(sample.proposal)),))
    others = tuple(one for one in VERDICTS if one.check != judged.check)
    await judge(store, replace(KEPT, verdicts=(*others, judged)))
    found = await kept.sample(sample.request)
    assert found is not None
    assert found.rejected == sample.proposal
    marked = replace(judged, finding=Finding.MARKED, cause=Cause.PERSONAL_NAME, facts=())
    await judge(store, replace(KEPT, verdicts=(*others, marked)))
    found = await kept.sample(sample.request)
    assert found is not None
    assert found.rejected == ""


async def test_where_a_commits_text_was_judged_it_is_what_is_kept(store: Store) -> None:
    sample = a_sample()
    text = "return None\n"
    store.write_sample(sample)
    store.write_look(replace(a_look(sample.target, text), request=sample.request))
    await store.flush()
    await judge(store, replace(KEPT, later=Later.TAKEN))
    found = await StoreKept(store).sample(sample.request)
    assert found is not None
    assert (found.target, found.prefix) == (text[:4], sample.prefix)
    with closing(store.reading()) as queries:
        detail = queries.sample(SampleQuery(1))
        assert (detail.later, detail.judged, detail.target) == ("taken", text, sample.target)
    await judge(store, replace(KEPT, later=Later.DROPPED))
    with closing(store.reading()) as queries:
        assert queries.sample(SampleQuery(1)).judged == sample.target


async def test_what_was_imported_is_offered_where_it_is_asked_for(store: Store) -> None:
    sample = replace(a_sample(), break_reason=Break.IMPORTED)
    store.write_sample(sample)
    await store.flush()
    await judge(store, KEPT)
    kept = StoreKept(store)
    assert await kept.kept(0, history=False) == []
    later = sample.broken_at_ms + 1
    row = KeptRow(sample.request, sample.doc, Kind.HISTORY)
    assert await kept.kept(later, history=True) == [row]


async def test_a_sample_that_is_gone_is_none(store: Store) -> None:
    assert await StoreKept(store).sample("never") is None


def test_only_todays_checks_count() -> None:
    assert is_current(KEPT)
    assert not is_current(replace(KEPT, verdicts=VERDICTS[1:]))
    older = replace(VERDICTS[0], version=VERDICTS[0].version + 1)
    assert not is_current(replace(KEPT, verdicts=(older, *VERDICTS[1:])))
    unknown = Verdict("astrology", 1, Finding.PASSED)
    assert not is_current(replace(KEPT, verdicts=(*VERDICTS, unknown)))
