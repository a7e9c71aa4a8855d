"""Consent: off until chosen, strictest wins, a torn line is passed over, damage means no."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from echo_core.errors import StoreError
from echo_core.records.wire import ConsentChoice
from echo_core.sharing.consent import Policy, Rule, Switch
from echo_core.sharing.consent_text import VERSION, text_digest
from echo_daemon.store.consent import ConsentLog
from echo_daemon.store.recorder import StorePaths

if TYPE_CHECKING:
    from echo_core.clock import Clock

ON = ConsentChoice(record=True, by="echoctl")
OFF = ConsentChoice(record=False, by="echoctl")


@pytest.fixture
def consent(paths: StorePaths, clock: Clock) -> ConsentLog:
    return ConsentLog(paths.consent, clock)


def holds(consent: ConsentLog, environment: dict[str, str] | None = None) -> bool:
    return consent.current(environment or {}, explicit=False).record


def test_off_until_chosen(consent: ConsentLog, paths: StorePaths) -> None:
    state = consent.current({}, explicit=True)
    assert (state.record, state.overruled) == (False, False)
    assert "consent record on" in state.reason
    assert state.text_version == VERSION
    assert not paths.consent.exists()


def test_the_last_choice_holds(consent: ConsentLog, paths: StorePaths) -> None:
    for choice in (ON, OFF, ON, OFF, ON):
        consent.choose(choice)
        assert holds(consent) is choice.record
    assert paths.consent.read_bytes().count(b"\n") == 5
    assert stat.S_IMODE(paths.consent.stat().st_mode) == 0o600


@pytest.mark.parametrize("variable", ["DO_NOT_TRACK", "CI"])
@pytest.mark.parametrize(
    ("value", "record"),
    [("1", False), ("true", False), ("yes", False), ("0", True), ("", True), ("false", True)],
)
def test_the_environment_is_stricter(
    consent: ConsentLog, variable: str, value: str, record: bool
) -> None:
    consent.choose(ON)
    state = consent.current({variable: value}, explicit=False)
    assert (state.record, state.overruled) == (record, not record)
    assert (variable in state.reason) is not record
    assert consent.current({variable: value}, explicit=True).record


def test_the_environment_cannot_switch_on(consent: ConsentLog) -> None:
    consent.choose(OFF)
    assert not consent.current({"DO_NOT_TRACK": "0"}, explicit=True).record


def test_a_choice_holds_for_the_text_that_was_shown(consent: ConsentLog, paths: StorePaths) -> None:
    consent.choose(ON)
    line = paths.consent.read_text()
    paths.consent.write_text(line.replace('"text_hash": "', '"text_hash": "0'))
    state = consent.current({}, explicit=False)
    assert (state.record, state.overruled) == (False, True)
    assert "changed" in state.reason
    consent.choose(ON)
    assert holds(consent)


def test_a_torn_line_is_as_if_it_was_not_written(consent: ConsentLog, paths: StorePaths) -> None:
    consent.choose(ON)
    whole = paths.consent.read_bytes()
    consent.choose(OFF)
    torn = paths.consent.read_bytes()
    # Complete but for its newline it would be a no: that is the next test.
    for length in range(len(whole), len(torn) - 1):
        paths.consent.write_bytes(torn[:length])
        assert holds(consent), length
    consent.choose(ON)
    assert paths.consent.read_bytes().startswith(whole)
    assert paths.consent.read_bytes().count(b"\n") == 2
    assert holds(consent)


def test_an_unfinished_no_is_a_no_and_an_unfinished_yes_is_nothing(
    consent: ConsentLog, paths: StorePaths
) -> None:
    consent.choose(ON)
    consent.choose(OFF)
    paths.consent.write_bytes(paths.consent.read_bytes()[:-1])
    assert not holds(consent)
    paths.consent.unlink()
    consent.choose(ON)
    paths.consent.write_bytes(paths.consent.read_bytes()[:-1])
    assert not holds(consent)


@pytest.mark.parametrize(
    "line",
    [b"", b"nonsense", b"[]", b"{}", b'{"on": true}', b"\xff\xfe", b"[" * 100_000],
)
def test_damage_means_no_and_is_kept(consent: ConsentLog, paths: StorePaths, line: bytes) -> None:
    consent.choose(ON)
    damaged = line + b"\n" + paths.consent.read_bytes()
    paths.consent.write_bytes(damaged)
    state = consent.current({}, explicit=True)
    assert not state.record
    assert "consent.jsonl" in state.reason
    with pytest.raises(StoreError, match="move it away"):
        consent.choose(ON)
    assert paths.consent.read_bytes() == damaged


def test_a_file_that_cannot_be_read_means_no(consent: ConsentLog, paths: StorePaths) -> None:
    paths.consent.mkdir(parents=True)
    state = consent.current({}, explicit=False)
    assert not state.record
    assert "cannot be read" in state.reason


def test_a_choice_that_cannot_be_written_is_a_sentence(
    consent: ConsentLog, paths: StorePaths
) -> None:
    paths.folder.write_text("a file where the folder should be")
    with pytest.raises(StoreError):
        consent.choose(ON)


def test_an_endless_file_is_not_read_to_its_end(consent: ConsentLog, paths: StorePaths) -> None:
    consent.choose(ON)
    paths.consent.write_bytes(paths.consent.read_bytes() * 10_000)
    assert not holds(consent)


def test_a_folder_is_off_by_itself(consent: ConsentLog) -> None:
    consent.choose(ON)
    for folder in ("/home/b", "/home/a"):
        consent.choose(ConsentChoice(record=False, by="echoctl", workspace=folder))
    state = consent.current({}, explicit=False)
    assert (state.record, state.workspaces_off) == (True, ["/home/a", "/home/b"])
    consent.choose(ConsentChoice(record=True, by="echoctl", workspace="/home/a"))
    assert consent.current({}, explicit=False).workspaces_off == ["/home/b"]
    consent.choose(OFF)
    state = consent.current({}, explicit=False)
    assert (state.record, state.workspaces_off) == (False, ["/home/b"])


def test_a_folder_that_is_on_does_not_switch_the_machine_on(consent: ConsentLog) -> None:
    consent.choose(ConsentChoice(record=True, by="echoctl", workspace="/home/a"))
    assert not holds(consent)


def test_a_folder_that_is_no_text_is_damage(consent: ConsentLog, paths: StorePaths) -> None:
    consent.choose(ConsentChoice(record=True, by="echoctl", workspace="/a"))
    content = paths.consent.read_bytes().replace(b'"/a"', b"17")
    paths.consent.write_bytes(content)
    assert "damaged" in consent.current({}, explicit=False).reason


# --- what leaves --------------------------------------------------------------------------------

MIT_ONLY = frozenset({"MIT"})


def rule(
    consent: ConsentLog,
    switch: Switch,
    path: str = "",
    licences: frozenset[str] = MIT_ONLY,
    environment: dict[str, str] | None = None,
) -> Rule:
    return consent.decide(switch, environment or {}, path=path, licences=licences).rule


def test_each_switch_is_chosen_by_itself(consent: ConsentLog) -> None:
    consent.choose(ON)
    assert [rule(consent, switch) for switch in Switch] == [
        Rule.CHOSEN, Rule.UNASKED, Rule.UNASKED, Rule.UNASKED, Rule.UNASKED,
    ]  # fmt: skip
    consent.choose(ON, Switch.METRICS)
    consent.choose(OFF)
    assert [rule(consent, switch) for switch in Switch] == [
        Rule.REFUSED, Rule.UNASKED, Rule.UNASKED, Rule.CHOSEN, Rule.UNASKED,
    ]  # fmt: skip


def test_the_right_to_share_is_said_of_a_folder(consent: ConsentLog) -> None:
    consent.choose(ON, Switch.CONTRIBUTE)
    assert rule(consent, Switch.CONTRIBUTE) is Rule.CHOSEN
    assert rule(consent, Switch.CONTRIBUTE, "/p/a.py") is Rule.CHOSEN
    assert rule(consent, Switch.CONTRIBUTE, "/p/a.py", frozenset()) is Rule.RIGHT
    there = ConsentChoice(record=True, by="echoctl", workspace="/p")
    consent.choose(there, Switch.CONTRIBUTE)
    assert rule(consent, Switch.CONTRIBUTE, "/p/a.py", frozenset()) is Rule.RIGHT
    consent.choose(there, Switch.CONTRIBUTE, right=True)
    assert rule(consent, Switch.CONTRIBUTE, "/p/a.py", frozenset()) is Rule.CHOSEN
    assert rule(consent, Switch.CONTRIBUTE, "/q/a.py", frozenset()) is Rule.RIGHT
    consent.choose(there, Switch.CONTRIBUTE)  # said again, without the right
    assert rule(consent, Switch.CONTRIBUTE, "/p/a.py", frozenset()) is Rule.RIGHT


def test_an_inner_folder_does_not_outweigh_an_outer_no(consent: ConsentLog) -> None:
    consent.choose(ON, Switch.METRICS)
    for folder, on in (("/p", False), ("/p/inner", True)):
        choice = ConsentChoice(record=on, by="echoctl", workspace=folder)
        consent.choose(choice, Switch.METRICS)
    assert rule(consent, Switch.METRICS, "/p/inner/a.py") is Rule.FOLDER
    assert rule(consent, Switch.METRICS, "/other/a.py") is Rule.CHOSEN
    assert consent.folders_off(Switch.METRICS) == ["/p"]


def test_an_editor_is_heard_until_it_says_otherwise(consent: ConsentLog, paths: StorePaths) -> None:
    for switch in Switch:
        consent.choose(ON, switch)
    assert consent.editor_says("Code", telemetry=False)
    assert not consent.editor_says("Code", telemetry=False)
    assert consent.editor_says("Neovim", telemetry=True)
    assert [rule(consent, switch) for switch in Switch] == [
        Rule.CHOSEN, Rule.EDITOR, Rule.EDITOR, Rule.EDITOR, Rule.EDITOR,
    ]  # fmt: skip
    assert consent.editors() == {"Code": False, "Neovim": True}
    consent.editor_says("Code", telemetry=True)
    assert rule(consent, Switch.METRICS) is Rule.CHOSEN
    assert paths.consent.read_bytes().count(b"\n") == len(Switch) + 3


def test_an_editors_unfinished_no_is_a_no(consent: ConsentLog, paths: StorePaths) -> None:
    consent.choose(ON, Switch.METRICS)
    consent.editor_says("Code", telemetry=False)
    paths.consent.write_bytes(paths.consent.read_bytes()[:-1])
    assert rule(consent, Switch.METRICS) is Rule.EDITOR


def test_the_policy_is_asked_each_time(paths: StorePaths, clock: Clock) -> None:
    held = [Policy()]
    consent = ConsentLog(paths.consent, clock, lambda: held[0])
    consent.choose(ON)
    assert holds(consent)
    held[0] = Policy(frozenset({Switch.RECORD}))
    assert rule(consent, Switch.RECORD) is Rule.POLICY
    held[0] = Policy(damaged=True)
    assert not holds(consent)


@pytest.mark.parametrize("variable", ["DO_NOT_TRACK", "CI"])
def test_the_environment_is_stricter_for_every_switch(consent: ConsentLog, variable: str) -> None:
    for switch in Switch:
        consent.choose(ON, switch)
        assert rule(consent, switch, environment={variable: "1"}) is Rule(variable.lower())


def test_damage_means_no_for_every_switch(consent: ConsentLog, paths: StorePaths) -> None:
    consent.choose(ON, Switch.CONTRIBUTE)
    paths.consent.write_bytes(paths.consent.read_bytes() + b'{"switch": "telepathy"}\n')
    assert {rule(consent, switch) for switch in Switch} == {Rule.UNREADABLE}
    assert (consent.folders(Switch.CONTRIBUTE), consent.editors()) == ([], {})
    with pytest.raises(StoreError):
        consent.history()


def test_every_choice_stays_in_the_history(consent: ConsentLog) -> None:
    consent.choose(ON)
    consent.editor_says("Code", telemetry=False)
    consent.choose(OFF, Switch.METRICS)
    history = consent.history()
    assert [(record.switch, record.on) for record in history] == [
        (Switch.RECORD, True),
        (Switch.METRICS, False),
    ]
    assert history[0].text_hash == text_digest(Switch.RECORD)
