"""What completion is asked, what it remembers of a document, and what it answers.

Left out: everything that is done with them (`completer`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from echo_core import limits
from echo_core.cache import Entry
from echo_core.gate import Eagerness, Evidence
from echo_core.polish.context import PolishContext
from echo_core.reasons import Reason
from echo_core.removal import NOTHING_REMOVED, Removed
from echo_core.silence import Rejections
from echo_core.window import Window
from echo_daemon.completion.flight import Flight

NEAR_CHARS = 1024  # of a document, enough for whoever looks at the surroundings of a cursor


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """What the user may set about completion."""

    enabled: bool = True
    tokens_max: int = limits.COMPLETION_TOKENS_MAX
    deadline_ms: int = limits.COMPLETION_DEADLINE_MS
    disabled_languages: frozenset[str] = frozenset()
    silence_in_comments: bool = False
    silence_in_strings: bool = False
    eagerness: Eagerness = Eagerness.NORMAL
    look_ahead: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: a cursor at `offset` of `text`. `invoked`: a person asked for it by hand."""

    language: str
    text: str
    offset: int
    invoked: bool = False
    removed: str = ""  # what was deleted at the cursor, with nothing typed since

    @property
    def context(self) -> PolishContext:
        """What the filters may look at."""
        return PolishContext.at(self.text, self.offset, removed=self.removed, invoked=self.invoked)


@dataclass(frozen=True, slots=True)
class Written:
    """The end of one request. `text` is empty unless the reason is PROPOSED."""

    reason: Reason
    text: str = ""
    hit: str = ""  # "engine", "typed_through", "exact"
    entry: Entry | None = None  # what it is a part of, with the id under which it was shown
    model: str = ""
    logprob_mean: float = 0.0
    logprob_first: float = 0.0
    tokens_prompt: int = 0
    tokens_evaluated: int = 0
    tokens_written: int = 0

    @property
    def evidence(self) -> Evidence:
        """What the gate may know of it."""
        return Evidence(self.logprob_mean, self.logprob_first, len(self.text))

    @property
    def continues(self) -> str:
        """The proposal that this goes on with; "" where it was never shown."""
        return self.entry.proposal if self.entry is not None and self.text else ""

    def silenced(self, reason: Reason) -> Written:
        """The same effort without its text."""
        return replace(self, reason=reason, text="")


@dataclass(slots=True)
class Place:
    """What completion remembers of one document."""

    window: Window | None = None
    cursor: int = 0  # where it was last seen
    removed: Removed = NOTHING_REMOVED
    flight: Flight | None = None
    rejections: Rejections = field(default_factory=Rejections)
    waiting: asyncio.Future[None] | None = field(default=None, repr=False)

    def wake(self) -> None:
        """Let the request that waits look again."""
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)

    def overtake(self) -> None:
        """A newer request is answered: whoever waits will find that it is overtaken."""
        self.wake()
        self.waiting = None
        if self.flight is not None:
            self.flight.waited_for = False

    def refuse(self, text: str, start: int, done: int, proposed: str, *, at_ms: int) -> None:
        """A proposal at `start` was contradicted when `done` characters of it stood in `text`."""
        self.rejections.reject(text, start + done, proposed[done:], at_ms)
        if done:  # and where it began, for who goes back there
            before = text[max(0, start - NEAR_CHARS) : start]
            after = text[start + done : start + done + NEAR_CHARS]
            self.rejections.reject(before + after, len(before), proposed, at_ms)

    def cancel(self) -> None:
        """Stop what is being written for this document."""
        if self.flight is not None:
            self.flight.give_up()
            self.flight = None
