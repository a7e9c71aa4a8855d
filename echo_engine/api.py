"""What the rest of the daemon knows of the engine: jobs in, pieces of text out.

Left out: the child process, pipes and llama.cpp (`client`, `worker`, `llama`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from echo_core.completion.window import Window
from echo_core.errors import EngineError
from echo_core.records.reasons import Reason
from echo_core.records.wire import EngineDescription


class EngineState(StrEnum):
    """Where the worker is."""

    NO_MODEL = "no_model"
    IDLE = "idle"  # a model is chosen, and is loaded at the first job
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"  # the model cannot be loaded; `failure` says why


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that can be loaded, with an adapter over it or without."""

    name: str  # as events have it (`echo_core.release.naming`)
    path: Path
    adapter: Path | None = None


class Fault(StrEnum):
    """Why another model did not take over."""

    CHANGED = "changed"  # somebody chose another one meanwhile
    LOADING = "loading"
    TRIAL = "trial"  # it could be loaded, and then did not do what it should


class SwapError(EngineError):
    """Another model cannot take over; the one that answers goes on."""

    def __init__(self, sentence: str, fault: Fault) -> None:
        super().__init__(sentence)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the worker evaluates and how long it stays."""

    threads: int = 0  # 0: one for each physical core
    gpu_layers: int = -1  # -1: all that there are
    context_tokens: int = 8192
    idle_minutes: float = 20.0  # without a job, before the model is unloaded; 0: never


class FinishReason(StrEnum):
    """Why the worker stopped writing."""

    END = "end"  # the model wrote an end-of-text token
    STOP = "stop"  # a stop string came up
    LIMIT = "limit"  # tokens_max
    DEADLINE = "deadline"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """One completion. The text written continues `window.tail` exactly at its end."""

    window: Window
    tokens_max: int
    deadline_ms: float  # from the moment the worker takes it
    stop: tuple[str, ...] = ()  # writing ends before the first of these
    avoid: tuple[
        str, ...
    ] = ()  # openings (`echo_core.completion.candidates`) that the text must not have


@dataclass(frozen=True, slots=True)
class Started:
    """The prompt is read; the next thing is text. Not sent where the job ends before that."""

    tokens_prompt: int
    tokens_evaluated: int  # of them, those that were not in the KV cache
    prompt_ms: float
    model: str = ""  # which one answers: it may have changed since the job was sent


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it is written; never a part of a character. `logprob` is the sum over `tokens`."""

    text: str
    logprob: float  # nats
    tokens: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The last thing of a job."""

    reason: FinishReason
    tokens_prompt: int
    tokens_evaluated: int  # prompt tokens that were not in the KV cache
    tokens_written: int
    prompt_ms: float
    write_ms: float
    tokens_drafted: int = 0  # written before the model was asked for them
    tokens_accepted: int = 0  # of them, those that it would have written


class Engine(Protocol):
    """One model for the whole daemon; jobs run one after the other, the newest first to be served.

    Raises (from `run` and `describe`):
        EngineError: no model, the worker died, or it could not load; the next job tries again.
    """

    @property
    def state(self) -> EngineState: ...

    @property
    def failure(self) -> str:
        """One sentence when `state` is FAILED, else empty."""
        ...

    @property
    def model(self) -> str:
        """The chosen model's name, or empty."""
        ...

    @property
    def note(self) -> str:
        """One sentence where what is loaded is not where it was wished to be, else empty."""
        ...

    @property
    def restarts(self) -> int: ...

    @property
    def heard_ms(self) -> float:
        """When the worker's newest reply was read, steady time; 0 before the first."""
        ...

    @property
    def pid(self) -> int:
        """The worker's process id, 0 when there is none."""
        ...

    def run(self, job: Job) -> AsyncGenerator[Started | Piece | Finished, None]:
        """Write a completion. Closing the iterator (or cancelling its task) cancels the job."""
        ...

    def prepare(self, window: Window) -> None:
        """Read a window's prompt while nothing else is to be done, for a job that may come.

        Any job comes first, the newest preparation replaces an older one, and nothing is loaded
        for one. Nobody is told how it ended: a job says how much it still had to read.
        """
        ...

    async def describe(self) -> EngineDescription:
        """What is loaded; loads it first where needed."""
        ...

    async def warm(self) -> None:
        """Load the model if it is not loaded."""
        ...

    async def close(self) -> None:
        """End the worker. Idempotent."""
        ...


def engine_status(engine: Engine) -> tuple[str, str]:
    """What an editor shows of the engine: a kind, and a sentence."""
    match engine.state:
        case EngineState.NO_MODEL:
            return "no_model", Reason.NO_MODEL.sentence
        case EngineState.LOADING:
            return "loading", Reason.LOADING.sentence
        case EngineState.FAILED:
            return "error", engine.failure
        case EngineState.IDLE | EngineState.READY:
            return "ready", ""
