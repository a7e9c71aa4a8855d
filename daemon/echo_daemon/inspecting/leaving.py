"""Erasing and exporting: what there is, and what would go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the profile that holds something recorded."""

    path: str
    words: str  # what is in it
    bytes: int
    goes: bool  # erasing removes it
    stays_why: str = ""  # why it stays, where it does


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A workspace folder of which something is recorded."""

    path: str
    sessions: int
    documents: int
    samples: int
    recorded: bool  # recording is not switched off in it


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session that can be exported as a trace."""

    session: str
    client: str
    started_ms: int
    last_ms: int
    events: int
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """All of it."""

    files: tuple[FileRow, ...]
    folders: tuple[FolderRow, ...]  # the one with most samples first
    sessions: tuple[SessionLine, ...]  # newest first
    sessions_total: int
    asked_back: int  # weeks of contributions whose deletion would be asked for
    waits: str  # what is still to be forgotten, in a sentence; else empty
