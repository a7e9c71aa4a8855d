"""The data dictionary: no field without its line, no line without its field."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from echo_core.sharing import dictionary
from echo_core.sharing.bundle.fields import about_fields
from echo_core.sharing.consent import Rule, Switch
from echo_core.sharing.consent_forms import agreed_to, every_field
from echo_core.sharing.consent_text import TEXTS
from echo_core.sharing.dictionary import Line, lines, local_records, unused


@pytest.mark.parametrize("switch", Switch)
def test_every_field_is_documented(switch: Switch) -> None:
    found = lines(switch)
    assert found
    assert all(line.purpose and line.kept for line in found)
    leaving = {line.leaves for line in found}
    assert leaving == {
        Switch.RECORD: {False}, Switch.CONTRIBUTE: {False, True}, Switch.METRICS: {True},
        Switch.HISTORY: {False, True}, Switch.TEACHER_ENDPOINT: {True},
    }[switch]  # fmt: skip


def test_the_documents_hold_every_line_and_every_rule() -> None:
    dictionary_text = "\n".join(every_field(["- one rule"]))
    consent_text = "\n".join(agreed_to())
    for switch in Switch:
        assert TEXTS[switch] in consent_text
        for line in lines(switch):
            assert f"| `{line.record}.{line.field}` | {line.purpose} |" in dictionary_text
    assert all(f"| `{rule}` |" in consent_text for rule in Rule)


def test_no_line_is_left_over() -> None:
    assert unused() == []


def test_a_local_field_without_a_line_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Shoe:
        size: int

    known = dict(local_records())
    monkeypatch.setattr(dictionary, "local_records", lambda: known | {"shoe": Shoe})
    with pytest.raises(KeyError):
        lines(Switch.RECORD)


def test_a_field_that_leaves_without_a_purpose_is_an_error() -> None:
    @dataclass
    class Shoe:
        size: int

    with pytest.raises(TypeError, match=r"Shoe\.size says nothing"):
        about_fields(Shoe)


def test_a_line_without_a_field_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    category = next(iter(lines(Switch.RECORD))).category
    monkeypatch.setitem(dictionary._LOCAL, ("shoe", "size"), (category, "how large"))
    monkeypatch.setitem(dictionary._LOCAL, ("", "shoe_size"), (category, "how large"))
    assert unused() == [("shoe", "size"), ("", "shoe_size")]


def test_what_leaves_names_no_person_machine_or_place() -> None:
    said: list[Line] = [*lines(Switch.CONTRIBUTE), *lines(Switch.METRICS)]
    leaving = [line for line in said if line.leaves]
    banned = ("path", "doc", "uri", "file", "user", "host", "remote", "author", "branch", "at_ms")
    assert [line.field for line in leaving if any(word in line.field for word in banned)] == []


def test_counters_can_hold_no_text_of_a_document() -> None:
    assert {line.category for line in lines(Switch.METRICS)}.isdisjoint({"source text"})
