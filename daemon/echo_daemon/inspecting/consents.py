"""What was agreed to: every switch with its text and fields, and every choice that was made."""

from __future__ import annotations

from dataclasses import dataclass

from echo_core.records.wire import ConsentRow, SwitchState
from echo_core.sharing.dictionary import Line


@dataclass(frozen=True, slots=True)
class SwitchPage:
    """One switch."""

    title: str  # Recording, Contributing samples, ...
    command: str  # how a person calls it at a terminal
    state: SwitchState  # with its reason, its text and that text's digest
    lines: tuple[Line, ...]  # what is recorded, or leaves: every field


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One choice of the past."""

    row: ConsentRow
    words: str  # "You switched recording on in ..."
    outdated: bool  # the text has changed since


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """All of it."""

    switches: tuple[SwitchPage, ...]
    editors_off: tuple[str, ...]
    history: tuple[ChoiceRow, ...]  # newest first
    problem: str  # where the record of choices is damaged
