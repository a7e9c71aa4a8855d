"""Messages about what people agreed to: every switch with its rule, choices, their history.

Recording has messages of its own beside these (`echo_core.records.wire.records`), because switching
it opens or closes the store; a choice about it may come through either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core.records.wire.signature import Nothing, Signature

CONSENT_SHOW: Final = "consent/show"  # Nothing -> Consents
CONSENT_SWITCH: Final = "consent/switch"  # SwitchChoice -> Consents
CONSENT_HISTORY: Final = "consent/history"  # Nothing -> ConsentHistory
FRONT_TELEMETRY: Final = "front/telemetry"  # EditorTelemetry; notification, from the front


@dataclass(frozen=True, slots=True)
class SwitchChoice:
    """Switch something on or off; `by` names the program that asked."""

    switch: str  # `echo_core.sharing.consent.Switch`
    on: bool
    by: str
    workspace: str = ""  # the path of a folder, for all in it; empty: this machine
    right: bool = False  # the person says that they have the right to share this folder's code


@dataclass(frozen=True, slots=True)
class SwitchState:
    """One switch: whether it is on for the machine, and by which rule."""

    switch: str
    on: bool
    rule: str  # `echo_core.sharing.consent.Rule`
    reason: str  # a sentence
    text: str  # what people are shown before they switch it on
    text_hash: str
    folders_off: list[str] = field(default_factory=list)
    folders_right: list[str] = field(default_factory=list)  # somebody said: I have the right


@dataclass(frozen=True, slots=True)
class Consents:
    """All switches, and the editors whose own telemetry setting says no."""

    switches: list[SwitchState]
    editors_off: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One choice of the past."""

    at_ms: int
    switch: str
    on: bool
    by: str
    workspace: str
    right: bool
    text_version: str
    text_hash: str


@dataclass(frozen=True, slots=True)
class ConsentHistory:
    """Every choice, oldest first; nothing of it is ever rewritten."""

    rows: list[ConsentRow]


@dataclass(frozen=True, slots=True)
class EditorTelemetry:
    """What the editor's own telemetry setting says now. What it last said holds when it is gone."""

    allowed: bool


METHODS: Final[dict[str, Signature]] = {
    CONSENT_SHOW: Signature(Nothing, Consents),
    CONSENT_SWITCH: Signature(SwitchChoice, Consents),
    CONSENT_HISTORY: Signature(Nothing, ConsentHistory),
    FRONT_TELEMETRY: Signature(EditorTelemetry, None),
}
