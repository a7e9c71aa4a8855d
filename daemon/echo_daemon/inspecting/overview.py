"""The first page: what is recorded, since when, in how much space, and what is switched on."""

from __future__ import annotations

from dataclasses import dataclass, field

from echo_core.records.wire import SwitchState


@dataclass(frozen=True, slots=True)
class Space:
    """What one kind of thing takes in the store."""

    kind: str  # edit, request, texts, samples, ...
    words: str  # what that is, for a person
    rows: int
    bytes: int  # without what the file's own structure takes
    share: float  # of all kinds together, 0 to 1


@dataclass(frozen=True, slots=True)
class Judged:
    """How far the judging of samples is."""

    kept: int = 0
    dropped: int = 0
    due: int = 0  # not judged, or to be judged again
    sentence: str = ""  # what judging does or waits for


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it."""

    version: str
    now_ms: int
    state: str  # of the store: off, open, paused, failed
    recording: bool
    problem: str  # why recording, though chosen, does not happen; else empty
    since_ms: int  # when the oldest event happened; 0: nothing is recorded
    keep_days: int
    keep_bytes: int
    file_bytes: int
    key_source: str  # where the store's key is kept; empty where there is none
    spaces: tuple[Space, ...]
    judged: Judged
    switches: tuple[SwitchState, ...]  # each with its reason in a sentence, and its text
    editors_off: tuple[str, ...]  # editors whose own telemetry setting says no
    all_paused: bool  # nothing is sent until somebody says so
    folders_paused: tuple[str, ...]  # nothing of these is sent
    notes: tuple[str, ...] = field(default=())  # sentences about what is not as it should be
