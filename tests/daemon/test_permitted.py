"""What others decide while the daemon runs: the organisation's policy, choices made elsewhere."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from echo_core.errors import StoreError
from echo_core.records.wire import ConsentChoice, DocumentRef
from echo_core.sharing.consent import Switch
from echo_daemon.store.consent import ConsentLog
from echo_testing.lodge import Lodge

DOC = "file:///a.py"
OFF = ConsentChoice(record=False, by="another process")


async def told(lodge: Lodge) -> list[tuple[bool, str]]:
    """Whether it records, and what of it the window was told since last time."""
    for _ in range(3):
        await lodge.hub.tend()
    said = [(status.recording, status.message) for status in lodge.link.statuses]
    lodge.link.statuses.clear()
    return said


async def test_a_policy_that_comes_ends_recording_and_one_that_goes_lets_it_go_on(
    lodge: Lodge,
) -> None:
    lodge.policy_file.write_text('[consent]\nrecord = "forbidden"\n')
    forbids = "Recording is off: your organisation's policy forbids it."
    assert await told(lodge) == [(False, forbids)]
    assert (lodge.archive.state, lodge.hub.why_recorded(DocumentRef(DOC)).reason) == (
        "off",
        forbids,
    )
    lodge.type(DOC, "unseen ")
    lodge.open("file:///b.py", "unseen too\n")
    assert await lodge.completes()
    seen = await lodge.recorded()
    assert seen.count("Closed(") == 1  # in the log the session is over
    assert "unseen" not in seen
    # It says less, but something else of it cannot be understood: the strictest holds.
    lodge.policy_file.write_text('[consent]\nrecord = "allowed"\nsomething = 1\n')
    ((recording, message),) = await told(lodge)
    assert (recording, "policy file cannot be understood" in message) == (False, True)
    lodge.policy_file.write_text('[consent]\nrecord = "allowed"\nmetrics = "forbidden"\n')
    assert await told(lodge) == [(True, "")]
    lodge.type(DOC, "seen ")
    seen = await lodge.recorded()
    assert "seen " in seen
    # What was done meanwhile is in the documents as they are now, as after any switching on.
    assert "text='unseen first text\\n'" in seen
    lodge.policy_file.unlink()
    assert await told(lodge) == []
    report = await lodge.hub.rebuild(lambda _: None)
    assert (report.gaps_differing, report.samples_differing, report.looks_differing) == (0, 0, 0)


async def test_a_policy_that_cannot_be_read_ends_it(lodge: Lodge) -> None:
    lodge.policy_file.mkdir()
    ((recording, message),) = await told(lodge)
    assert (recording, "cannot be understood" in message) == (False, True)
    lodge.policy_file.rmdir()
    assert await told(lodge) == [(True, "")]


async def test_a_file_that_says_so_is_obeyed_when_its_change_is_seen(lodge: Lodge) -> None:
    lodge.policy_file.write_text('[consent]\nrecord = "forbidden"\n')
    await lodge.hub.rules_changed()
    assert not lodge.hub.status().recording


async def test_choices_of_another_process_hold(lodge: Lodge) -> None:
    other = ConsentLog(lodge.paths.consent, lodge.clock)
    other.choose(ConsentChoice(record=False, by="another process", workspace="/secret"))
    lodge.open("file:///secret/b.py", "")
    assert await told(lodge) == []
    lodge.type("file:///secret/b.py", "unseen ")
    assert "unseen" not in await lodge.recorded()
    other.choose(OFF)
    assert await told(lodge) == [(False, "")]  # their own choice needs no explanation
    lodge.type(DOC, "unseen ")
    other.choose(ConsentChoice(record=True, by="another process"))
    assert await told(lodge) == [(True, "")]
    seen = await lodge.recorded()
    assert seen.count("Closed(") == 1
    assert "inserted='unseen" not in seen


async def test_a_folder_that_another_process_switched_off_while_it_was_open(lodge: Lodge) -> None:
    lodge.open("file:///secret/b.py", "")
    other = ConsentLog(lodge.paths.consent, lodge.clock)
    other.choose(ConsentChoice(record=False, by="another process", workspace="/secret"))
    assert await told(lodge) == []
    lodge.type("file:///secret/b.py", "unseen ")
    seen = await lodge.recorded()
    assert "unseen" not in seen
    assert "Closed(" in seen


async def test_choices_that_cannot_be_read_any_more_end_it(lodge: Lodge) -> None:
    content = lodge.paths.consent.read_bytes()
    lodge.paths.consent.write_bytes(b"?\n" + content)
    ((recording, message),) = await told(lodge)
    assert (recording, "move it away and choose again" in message) == (False, True)
    lodge.paths.consent.write_bytes(content)
    assert await told(lodge) == [(True, "")]


async def test_a_failed_store_that_may_not_record_is_only_off(lodge: Lodge) -> None:
    away = lodge.paths.key.rename(lodge.paths.folder / "elsewhere")
    lodge.policy_file.write_text('[consent]\nrecord = "forbidden"\n')
    await lodge.hub.tend()
    lodge.policy_file.unlink()
    ((recording, message),) = [*{*await told(lodge)} - {(False, _forbids())}]
    assert (recording, "key file is missing" in message) == (False, True)
    lodge.policy_file.write_text('[consent]\nrecord = "forbidden"\n')
    assert await told(lodge) == [(False, _forbids())]
    assert lodge.archive.state == "off"
    away.rename(lodge.paths.key)
    lodge.policy_file.unlink()
    assert (await told(lodge))[-1] == (True, "")


def _forbids() -> str:
    return "Recording is off: your organisation's policy forbids it."


@contextmanager
def _full_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_choice_that_cannot_be_written_changes_nothing(lodge: Lodge) -> None:
    with (
        _full_disk(lodge.paths.consent.stat().st_size),
        pytest.raises(StoreError, match="could not be written"),
    ):
        await lodge.hub.choose(ConsentChoice(record=False, by="a test"))
    assert lodge.store.choices.folders_off(Switch.RECORD) == []
    lodge.type(DOC, "still ")
    assert "still " in await lodge.recorded()
