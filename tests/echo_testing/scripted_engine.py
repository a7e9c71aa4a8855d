"""An engine in memory with the interface of the real one: it writes what a test says, in pieces.

The tests of `tests/engine` and `tests/e2e` run the real client and the real worker; this
one is for services that must be tried against an engine in every state, without processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from echo_core.completion.candidates import opening
from echo_core.completion.window import Window
from echo_core.errors import EngineError
from echo_core.records.wire import EngineDescription
from echo_engine.api import (
    EngineState,
    Finished,
    FinishReason,
    Job,
    Piece,
    Started,
)


@dataclass
class ScriptedEngine:
    """Writes `text` in pieces of `piece_chars`, or the first of `others` that begins as it may.

    It waits for `prompt_gate` before it has read the prompt, and for `gate` before each piece,
    where they are given; `freed` is set whenever a job was ended before its end. `heard_ms` is
    what a test says.
    """

    text: str = "value"
    others: tuple[str, ...] = ()
    state: EngineState = EngineState.READY
    failure: str = ""
    note: str = ""
    model: str = "scripted"
    restarts: int = 0
    heard_ms: float = 0.0
    pid: int = 1
    piece_chars: int = 3
    logprob: float = -0.25  # of each piece
    logprob_other: float = -0.5  # of each piece of `others`
    dies: bool = False
    late: bool = False
    prompt_gate: asyncio.Event | None = None
    gate: asyncio.Event | None = None
    wrote: asyncio.Event = field(default_factory=asyncio.Event)
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    jobs: list[Job] = field(default_factory=list)
    prepared: list[Window] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: int = 0
    ended: int = 0
    closed: bool = False

    async def run(self, job: Job) -> AsyncGenerator[Started | Piece | Finished, None]:
        """Write the script."""
        self.jobs.append(job)
        self.asked.set()
        finished = False
        try:
            if self.prompt_gate is not None:
                await self.prompt_gate.wait()
            yield Started(tokens_prompt=20, tokens_evaluated=2, prompt_ms=1.0)
            texts = (self.text, *self.others)
            text = next((one for one in texts if opening(one) not in job.avoid), "")
            logprob = self.logprob if text is self.text else self.logprob_other
            for start in range(0, len(text), self.piece_chars):
                if self.gate is not None:
                    await self.gate.wait()
                self.wrote.set()
                yield Piece(text[start : start + self.piece_chars], logprob, 1)
            if self.dies:
                raise EngineError("The engine worker stopped.")
            finished = True
            reason = FinishReason.DEADLINE if self.late else FinishReason.END
            yield Finished(reason, 20, 2, len(text), 1.0, 1.0)
        finally:
            self.ended += 1
            if not finished:
                self.cancelled += 1
                self.freed.set()

    def prepare(self, window: Window) -> None:
        """Remember it."""
        self.prepared.append(window)

    async def describe(self) -> EngineDescription:
        """Nothing is loaded, so there is nothing to describe."""
        raise EngineError("A scripted engine has no model.")

    async def warm(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Remember it."""
        self.closed = True
