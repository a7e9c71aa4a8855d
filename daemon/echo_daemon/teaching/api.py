"""What the rest of the daemon knows of a teacher: three questions about a case, three answers.

Left out: prompts (`prompts`), who answers (`local`, `endpoint`).

Rules
 - A teacher chooses among cuts that it is given; it never writes what becomes a target.
 - Whether silence is required is asked of what stood around the cursor alone: the target is not
   shown.
 - An answer names the prompt, with its version, and the model: both are kept with the sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from echo_core.judging.checks.case import Case

CUTS_MAX = 8  # more are not offered: the first ones, which are the shorter ones, win anyway


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the target is to be cut."""

    index: int  # of the cuts that were offered
    logprobs: tuple[float, ...]  # nats; one a cut, together a distribution
    prompt: str  # its name and version, "cut/1"; empty where there was nothing to choose
    model: str
    tokens: int = 0  # that were read for it
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """Whether the surroundings ask for silence."""

    probability: float
    prompt: str
    model: str
    tokens: int = 0
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Difficulty:
    """How hard the target is for the model that serves completions."""

    logprob: float  # nats, of the whole target
    tokens: int  # of the target
    perplexity: float
    end_logprob: float  # that the text ends behind the target
    void_logprob: float  # that it ends at the cursor
    written: str  # source text: what the model itself writes there
    similarity: float  # of that and the target, 0 to 1, by edits
    model: str
    tokens_read: int = 0
    ms: float = 0.0


class Teacher(Protocol):
    """Somebody who can be asked about a case.

    Raises (from all):
        Preempted: typing came first; ask again later.
        EngineError: nothing can be asked now; the sentence says why.
    """

    async def choose(self, case: Case, cuts: Sequence[int]) -> Choice:
        """Which of `cuts`, lengths of beginnings of the target, ends the first logical unit.

        Args:
            case: with its whole target.
            cuts: rising, none of them 0; those beyond CUTS_MAX are not looked at.

        Raises:
            ValueError: there are none, or they are no lengths of beginnings.
        """
        ...

    async def wants_silence(self, case: Case) -> Silence:
        """Whether nothing should be offered there. The target is not looked at."""
        ...

    async def difficulty(self, case: Case) -> Difficulty:
        """What the model that serves completions makes of the case."""
        ...
