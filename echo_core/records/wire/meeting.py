"""How a front meets the daemon: the first message of every connection, and what is shown of Echo.

Left out: documents and requests, which come after.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from echo_core.records.wire.signature import Signature

HELLO: Final = "echo/hello"  # Hello -> Welcome
SETTINGS: Final = "front/settings"  # EditorSettings; notification, from the front
STATUS_CHANGED: Final = "status/changed"  # Status


@dataclass(frozen=True, slots=True)
class Hello:
    """Who connects. `reports_shown`: the editor tells when it shows a proposal (ADR 0001)."""

    protocol: int
    client: str  # name and version of the editor or tool
    pid: int
    roots: list[str] = field(default_factory=list)  # workspace folders, as URIs
    reports_shown: bool = False
    token: str = ""  # needed where there are no Unix sockets


SettingValue: TypeAlias = bool | int | str | list[str]


@dataclass(frozen=True, slots=True)
class EditorSettings:
    """What the user of an editor set there; replaces what was told before."""

    values: dict[str, SettingValue]  # by the names of docs/settings.md: completion.enabled


@dataclass(frozen=True, slots=True)
class Status:
    """What an editor shows of Echo. `kind`: ready, loading, no_model, error, off."""

    kind: str
    message: str  # one sentence with the remedy; empty when all is well
    busy: bool
    recording: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """The daemon's answer to Hello."""

    protocol: int
    version: str
    session: str
    status: Status


METHODS: Final[dict[str, Signature]] = {
    HELLO: Signature(Hello, Welcome),
    SETTINGS: Signature(EditorSettings, None),
    STATUS_CHANGED: Signature(Status, None),
}
