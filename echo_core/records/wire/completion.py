"""Messages about completions: asked, answered, what became of them, and why there was none.

Left out: the engine behind them (`echo_core.records.wire.administration`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from echo_core.records.wire.signature import Nothing, Signature

COMPLETION: Final = "completion/request"  # CompletionAsk -> CompletionAnswer
OUTCOME: Final = "completion/outcome"  # notification, from the front
COMPLETION_LAST: Final = "completion/last"  # Nothing -> LastCompletion: for tools that measure
COMPLETION_WHY: Final = "completion/why"  # Nothing -> Why: the newest request's end, in words
COMPLETION_SNOOZE: Final = "completion/snooze"  # Snooze -> Snooze


@dataclass(frozen=True, slots=True)
class CompletionAsk:
    """A completion at `offset` of version `version`. `trigger`: automatic, invoked."""

    doc: str
    version: int
    offset: int
    trigger: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal: put `text` in place of `[start, end)`. `id` comes back in outcomes."""

    id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CompletionAnswer:
    """What may be shown. `reason` is a `echo_core.records.reasons.Reason`; `hit` tells where it
    came from.

    The figures are for tools that measure; an editor ignores them.
    """

    offers: list[Offer]
    reason: str
    hit: str = ""  # "engine", "typed_through", "exact"
    latency_ms: float = 0.0
    tokens_evaluated: int = 0


@dataclass(frozen=True, slots=True)
class LastCompletion:
    """The figures of the newest answer of this daemon to any front; zeros before the first."""

    answers: int  # how many there were, this one included
    reason: str
    hit: str
    latency_ms: float
    tokens_prompt: int
    tokens_evaluated: int
    tokens_written: int
    engine_ms: float = 0.0  # of latency_ms: nothing was left to do but to wait for the engine


@dataclass(frozen=True, slots=True)
class Why:
    """How the newest request of any front ended; `reason` is empty before the first."""

    reason: str  # a `echo_core.records.reasons.Reason`
    sentence: str
    figures: LastCompletion  # zeros where nothing was tried
    chars: int = 0  # of the proposal
    logprob_mean: float = 0.0  # nats per token


@dataclass(frozen=True, slots=True)
class Snooze:
    """Asked: be silent for so long, 0 to end it. Answered: for how long that still holds."""

    minutes: float


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """What the editor did with a proposal; `outcome`: `echo_core.records.events.OutcomeKind`."""

    proposal: str
    outcome: str
    chars: int  # of the offer's text, from its start, code points


METHODS: Final[dict[str, Signature]] = {
    COMPLETION: Signature(CompletionAsk, CompletionAnswer),
    OUTCOME: Signature(OutcomeReport, None),
    COMPLETION_LAST: Signature(Nothing, LastCompletion),
    COMPLETION_WHY: Signature(Nothing, Why),
    COMPLETION_SNOOZE: Signature(Snooze, Snooze),
}
