"""What completion is asked, what it remembers of a document, and what it answers.

Left out: everything that is done with them (`completer`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Protocol

from echo_core import limits
from echo_core.completion.cache import Entry
from echo_core.completion.gate import Eagerness, Evidence
from echo_core.completion.polish.context import PolishContext
from echo_core.completion.removal import NOTHING_REMOVED, Removed
from echo_core.completion.silence import Rejections, is_commit_message
from echo_core.completion.window import Window
from echo_core.records.events import ALTERNATIVE, Proposed
from echo_core.records.reasons import Reason
from echo_core.records.wire import SettingValue
from echo_daemon.completion.flight import Flight
from echo_daemon.completion.surroundings import Spot
from echo_runtime.globs import NO_GLOBS, Globs
from echo_runtime.settings import CompletionSettings
from echo_runtime.settings_editor import settings_of_editor

NEAR_CHARS = 1024  # of a document, enough for whoever looks at the surroundings of a cursor

NEAR_CHARS = 1024  # of a document, enough for whoever looks at the surroundings of a cursor


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """What the user may set about completion."""

    enabled: bool = True
    tokens_max: int = limits.COMPLETION_TOKENS_MAX
    deadline_ms: int = limits.COMPLETION_DEADLINE_MS
    disabled_languages: frozenset[str] = frozenset()
    disabled_globs: Globs = NO_GLOBS
    in_commit_messages: bool = False
    silence_in_comments: bool = False
    silence_in_strings: bool = False
    eagerness: Eagerness = Eagerness.NORMAL
    look_ahead: bool = True
    context_budget_tokens: int = limits.CONTEXT_TOKENS  # of what is shown besides the window

    @staticmethod
    def of(settings: CompletionSettings) -> CompletionOptions:
        """The settings as completion uses them."""
        values = {each.name: getattr(settings, each.name) for each in fields(settings)}
        return CompletionOptions(
            **{
                **values,
                "disabled_languages": frozenset(settings.disabled_languages),
                "disabled_globs": Globs(settings.disabled_globs),
                "eagerness": Eagerness(settings.eagerness),
            }
        )

    def in_window(self, said: Mapping[str, SettingValue]) -> CompletionOptions:
        """These where the window's editor says nothing; `said` by the settings' full names.

        A value that is the default says nothing: editors send also what nobody touched.

        Raises:
            InputError: an editor has no such setting, or a value does not fit.
        """
        chosen, default = self.of(settings_of_editor(said).completion), CompletionOptions()
        values = {each.name: getattr(chosen, each.name) for each in fields(self)}
        return replace(
            self, **{name: to for name, to in values.items() if to != getattr(default, name)}
        )

    def silence(self, uri: str, language: str, roots: tuple[str, ...]) -> Reason | None:
        """Why there is nothing in the whole of a document."""
        if not self.enabled or language in self.disabled_languages:
            return Reason.OFF
        if self.disabled_globs.name(uri, roots):
            return Reason.EXCLUDED
        if not self.in_commit_messages and is_commit_message(uri, language):
            return Reason.COMMIT_MESSAGE
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: a cursor at `offset` of `text`. `invoked`: a person asked for it by hand.

    `silence` and `options` are what holds in the document and the window that it comes from;
    without `options` those of all windows hold.
    """

    language: str
    text: str
    offset: int
    invoked: bool = False
    removed: str = ""  # what was deleted at the cursor, with nothing typed since
    silence: Reason | None = None
    options: CompletionOptions | None = None

    @property
    def context(self) -> PolishContext:
        """What the filters may look at."""
        return PolishContext.at(self.text, self.offset, removed=self.removed, invoked=self.invoked)


class Watch(Protocol):
    """Whoever counts how a model does."""

    def answered(self, model: str, latency_ms: float, /) -> None:
        """An answer that `model` wrote came after so long."""

    def judged(self, model: str, /, *, wanted: bool) -> None:
        """A proposal of `model` was taken, or dismissed."""


class Nobody:
    """A `Watch` that does not look."""

    def answered(self, _model: str, _latency_ms: float, /) -> None:
        """Not counted."""

    def judged(self, _model: str, /, *, wanted: bool) -> None:
        """Not counted."""


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
    engine_ms: float = 0.0  # in which nothing was left to do but to wait for the engine
    others: tuple[Written, ...] = ()  # further candidates, for who asked by hand
    beside: bool = False  # it is one of those

    @property
    def evidence(self) -> Evidence:
        """What the gate may know of it."""
        return Evidence(self.logprob_mean, self.logprob_first, len(self.text))

    @property
    def continues(self) -> str:
        """The proposal that this goes on with; "" where it was never shown."""
        return self.entry.proposal if self.entry is not None and self.text else ""

    def as_event(self, at_ms: int, request: str, proposal: str, latency_ms: float) -> Proposed:
        """What the log keeps of it."""
        return Proposed(
            at_ms=at_ms,
            request=request,
            proposal=proposal,
            text=self.text,
            model=self.model,
            logprob_mean=self.logprob_mean,
            latency_ms=latency_ms,
            tokens_prompt=self.tokens_prompt,
            tokens_evaluated=self.tokens_evaluated,
            tokens_written=self.tokens_written,
            reason=ALTERNATIVE if self.beside else self.reason,
        )

    def silenced(self, reason: Reason) -> Written:
        """The same effort without its text."""
        return replace(self, reason=reason, text="", others=())


@dataclass(slots=True)
class Place:
    """What completion remembers of one document."""

    spot: Spot | None = None  # whose it is
    window: Window | None = None
    cursor: int = 0  # where it was last seen
    visited: bool = False  # a person went there, or asked there: it is no place of an opened file
    edited: int | None = None  # where a person edited last, since they came there
    removed: Removed = NOTHING_REMOVED
    flight: Flight | None = None
    rejections: Rejections = field(default_factory=Rejections)
    waiting: asyncio.Future[None] | None = field(default=None, repr=False)

    def wake(self) -> None:
        """Let the request that waits look again."""
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)

    async def progress(self) -> bool:
        """Wait to be woken; False where a newer request took over."""
        mine = self.waiting = asyncio.get_running_loop().create_future()
        try:
            await mine
            return self.waiting is mine
        finally:
            if self.waiting is mine:
                self.waiting = None

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
