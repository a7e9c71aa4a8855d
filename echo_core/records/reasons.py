"""Why a request ended as it did: every silence has a reason, and reasons are counted."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The end of one completion request. `sentence` is what a person is told."""

    PROPOSED = "proposed"
    OFF = "off"
    NO_MODEL = "no_model"
    LOADING = "loading"
    ENGINE_DOWN = "engine_down"
    DAEMON_AWAY = "daemon_away"
    STALE = "stale"
    CANCELLED = "cancelled"
    TOO_LARGE = "too_large"
    NOTHING_WRITTEN = "nothing_written"
    FILTERED = "filtered"
    DEADLINE = "deadline"
    UNKNOWN_DOCUMENT = "unknown_document"
    EXCLUDED = "excluded"
    COMMIT_MESSAGE = "commit_message"
    SNOOZED = "snoozed"
    COMMENT = "comment"
    STRING = "string"
    REJECTED_HERE = "rejected_here"
    UNSURE = "unsure"

    @property
    def sentence(self) -> str:
        """The reason in words, with the remedy where there is one."""
        return _SENTENCES[self]


_SENTENCES: dict[Reason, str] = {
    Reason.PROPOSED: "A proposal was made.",
    Reason.OFF: "Completion is switched off for this language or workspace.",
    Reason.NO_MODEL: "No model is chosen: run `echoctl models pull qwen2.5-coder-0.5b`.",
    Reason.LOADING: "The model is still loading.",
    Reason.ENGINE_DOWN: "The engine stopped and is being started again: see `echoctl doctor`.",
    Reason.DAEMON_AWAY: "Echo's daemon is away and is being started again.",
    Reason.STALE: "The document changed while the answer was written.",
    Reason.CANCELLED: "The editor or a newer request cancelled this one.",
    Reason.TOO_LARGE: "The document is larger than Echo mirrors.",
    Reason.NOTHING_WRITTEN: "The model had nothing to add here.",
    Reason.FILTERED: "What the model wrote was already there, or blank.",
    Reason.DEADLINE: "The model took longer than the time limit.",
    Reason.UNKNOWN_DOCUMENT: "The document is not open in this session.",
    Reason.EXCLUDED: "The file's path is excluded: see `completion.disabled_globs`.",
    Reason.COMMIT_MESSAGE: "This is a commit message: see `completion.in_commit_messages`.",
    Reason.SNOOZED: "Echo is snoozed: `echoctl snooze off` wakes it, asking by hand still works.",
    Reason.COMMENT: "The cursor is in a comment: see `completion.silence_in_comments`.",
    Reason.STRING: "The cursor is in a string: see `completion.silence_in_strings`.",
    Reason.REJECTED_HERE: "The same was offered here a moment ago and not wanted.",
    Reason.UNSURE: "The model was not sure enough: see `completion.eagerness`.",
}
