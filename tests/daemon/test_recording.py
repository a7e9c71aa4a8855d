"""The hub with a real store: what is recorded, what is not, and what is forgotten while files are
open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from echo_core.records import events as ev
from echo_core.records.wire import CompletionAsk, ConsentChoice, DocumentRef, Forget, SamplesQuery
from echo_testing.lodge import MINUTE_MS, Lodge


@pytest.fixture
async def lodge(tmp_path: Path) -> AsyncIterator[Lodge]:
    lodge = Lodge(tmp_path)
    await lodge.hub.choose(ConsentChoice(record=True, by="a test"))
    yield lodge
    await lodge.hub.close()


async def test_what_was_forgotten_is_not_brought_back_by_a_file_that_is_open(lodge: Lodge) -> None:
    lodge.open("file:///old.py", "old text\n")
    lodge.type("file:///old.py", "typed long ago\n")
    lodge.clock.pass_ms(20 * MINUTE_MS)
    lodge.open("file:///new.py", "")
    lodge.type("file:///new.py", "password\n")
    gone = await lodge.hub.forget(Forget(last_ms=10 * MINUTE_MS))
    assert (gone.events, gone.documents) == (2, 1)
    lodge.type("file:///new.py", "more\n")
    lodge.type("file:///old.py", "after\n")
    seen = await lodge.recorded()
    assert "password" not in seen
    assert "more" not in seen
    assert "typed long ago" in seen
    assert "after" in seen
    # Completion still knows the document.
    document = lodge.front._miner.document("file:///new.py")
    assert document is not None
    assert document.text == "more\npassword\n"
    # An editor that sends it anew changes nothing; who closes and opens it records it again.
    lodge.open("file:///new.py", document.text)
    assert "password" not in await lodge.recorded()
    lodge.front.close_document(DocumentRef("file:///new.py"))
    lodge.open("file:///new.py", "fresh\n")
    assert "fresh" in await lodge.recorded()
    # A second time, what was only recorded anew concerns nobody.
    lodge.clock.pass_ms(MINUTE_MS)
    await lodge.hub.forget(Forget(last_ms=2 * MINUTE_MS))
    lodge.type("file:///old.py", "x")
    assert "file:///new.py" not in await lodge.recorded()


async def test_a_folder_that_is_switched_off_leaves_nothing_behind(lodge: Lodge) -> None:
    lodge.open("file:///home/open/a.py", "open text\n")
    lodge.open("file:///home/secret/a.py", "secret text\n")
    lodge.type("file:///home/secret/a.py", "secret edit\n")
    state = await lodge.hub.choose(
        ConsentChoice(record=False, by="a test", workspace="/home/secret")
    )
    assert (state.record, state.workspaces_off) == (True, ["/home/secret"])
    lodge.type("file:///home/secret/a.py", "later\n")
    lodge.type("file:///home/open/a.py", "open edit\n")
    lodge.open("file:///home/secret/b.py", "another secret\n")
    seen = await lodge.recorded()
    assert "secret" not in seen
    assert "later" not in seen
    assert "open edit" in seen
    sizes = {row.kind: row.rows for row in (await lodge.hub.sizes()).rows}
    assert sizes["texts"] == 1
    # Switched on again it is recorded from then on; what was open when it was forgotten is not.
    await lodge.hub.choose(ConsentChoice(record=True, by="a test", workspace="/home/secret"))
    seen = await lodge.recorded()
    assert "another secret" in seen
    assert "secret text" not in seen
    assert lodge.hub.consent().workspaces_off == []


async def test_gaps_do_not_depend_on_documents_that_are_kept_apart(lodge: Lodge) -> None:
    await lodge.hub.choose(ConsentChoice(record=False, by="a test", workspace="/secret"))
    lodge.open("file:///a.py", "a = 1\n")
    lodge.open("file:///secret/b.py", "b = 1\n")
    request = ev.Requested(lodge.clock.wall_ms(), "r1", "file:///a.py", 1, 0, ev.Trigger.AUTOMATIC)
    apart = ev.Requested(request.at_ms, "r2", "file:///secret/b.py", 1, 0, ev.Trigger.AUTOMATIC)
    miner = lodge.front._miner
    miner.observe(request)
    miner.observe(apart)
    for number in (1, 2):
        miner.observe(
            ev.Proposed(
                request.at_ms, f"r{number}", f"p{number}", f"text{number}", "m", 0, 0, 0, 0, 0, ""
            )
        )
        miner.observe(ev.Outcome(request.at_ms, f"p{number}", ev.OutcomeKind.SHOWN, 0))
    lodge.type("file:///secret/b.py", "typing elsewhere")
    assert miner.gaps_live == 1
    lodge.front.close_document(DocumentRef("file:///a.py"))
    await lodge.hub.flush()
    samples = await lodge.hub.samples(SamplesQuery())
    assert [row.break_reason for row in samples.rows] == ["closed"]
    seen = await lodge.recorded()
    assert "text1" in seen
    assert "text2" not in seen
    assert "p2" not in seen
    assert "secret" not in seen


async def test_files_that_are_shut_out_are_mirrored_and_not_recorded(
    lodge: Lodge, tmp_path: Path
) -> None:
    lodge.front = lodge.enter(tmp_path.as_uri())
    plain, env = (tmp_path / "a.py").as_uri(), (tmp_path / ".env").as_uri()
    lodge.open(plain, "plain\n")
    lodge.open(env, "TOKEN=1\n")
    lodge.type(env, "more\n")
    seen = await lodge.recorded()
    assert "plain" in seen
    assert ".env" not in seen
    verdict = lodge.hub.why_recorded(DocumentRef(env))
    assert (verdict.recorded, "never recorded" in verdict.reason) == (False, True)
    assert lodge.hub.why_recorded(DocumentRef(plain)).recorded
    # A file of patterns that appears holds from when the hub is told.
    (tmp_path / ".echoignore").write_text("*.py\n")
    lodge.hub.recording.decide_again()
    lodge.type(plain, "unseen\n")
    seen = await lodge.recorded()
    assert "unseen" not in seen
    assert "Closed" in seen
    assert "line 1: `*.py`" in lodge.hub.why_recorded(DocumentRef(plain)).reason
    (tmp_path / ".echoignore").unlink()
    lodge.hub.recording.decide_again()
    lodge.hub.recording.decide_again()
    lodge.type(plain, "again\n")
    seen = await lodge.recorded()
    assert seen.count("Opened") == 2
    assert "text='unseen\\nplain\\n'" in seen
    assert "again" in seen
    await lodge.hub.choose(ConsentChoice(record=False, by="a test"))
    assert "switched it off" in lodge.hub.why_recorded(DocumentRef(plain)).reason


async def test_everything_is_erased_while_files_are_open(lodge: Lodge) -> None:
    lodge.open("file:///a.py", "text\n")
    assert (await lodge.hub.sizes()).file_bytes > 0
    await lodge.hub.erase()
    lodge.type("file:///a.py", "more\n")
    assert not lodge.hub.status().recording
    assert (await lodge.hub.sizes()).rows == []
    assert [file.name for file in lodge.paths.folder.iterdir()] == ["consent.jsonl"]
    await lodge.hub.choose(ConsentChoice(record=True, by="a test"))
    assert "more\\ntext" in await lodge.recorded()


async def test_what_lived_before_the_time_that_is_forgotten_ends(lodge: Lodge) -> None:
    """Nobody goes on with it: what was done in it since is gone."""
    lodge.open("file:///a.py", "a = 1\n")
    lodge.open("file:///b.py", "b = 1\n")
    await lodge.front.complete(CompletionAsk("file:///a.py", 1, 0, "automatic"))
    lodge.clock.pass_ms(2 * MINUTE_MS)
    lodge.type("file:///a.py", "forgotten")
    await lodge.hub.forget(Forget(last_ms=MINUTE_MS))
    assert (await lodge.hub.metrics()).gaps == {"replaced": 1}
    assert lodge.hub.daemon_status().gaps_live == 0
    assert "forgotten" not in await lodge.recorded()
    report = await lodge.hub.rebuild(lambda _: None)
    assert (report.gaps_differing, report.samples_differing, report.looks_differing) == (0, 0, 0)
    lodge.type("file:///b.py", "goes on")
    assert "goes on" in await lodge.recorded()


async def test_a_gap_beside_a_folder_that_is_forgotten_goes_on(lodge: Lodge) -> None:
    lodge.open("file:///a.py", "a = 1\n")
    lodge.open("file:///secret/b.py", "b = 1\n")
    lodge.type("file:///secret/b.py", "x")
    await lodge.front.complete(CompletionAsk("file:///a.py", 1, 0, "automatic"))
    await lodge.hub.forget(Forget(workspace="/secret"))
    assert lodge.front.gaps_live == 1
    lodge.type("file:///a.py", "kept")
    lodge.type("file:///secret/b.py", "y")  # open when it was forgotten: apart until closed
    lodge.front.close_document(DocumentRef("file:///a.py"))
    await lodge.hub.flush()
    (row,) = (await lodge.hub.samples(SamplesQuery())).rows
    assert (row.break_reason, row.target_chars) == ("closed", 4)
    report = await lodge.hub.rebuild(lambda _: None)
    assert (report.gaps_differing, report.samples_identical, report.looks_differing) == (0, 1, 0)
