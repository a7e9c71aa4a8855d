"""An exported file in the engine that clients run: that it writes, and how fast.

Left out: how good what it writes is (`echo_trainer.gate`).

Rules
 - It is the serving engine's own worker, started as a daemon starts it.
 - One model is loaded at a time.
"""

from __future__ import annotations

import asyncio
import statistics
from contextlib import aclosing
from typing import Final

from echo_core.clock import Clock
from echo_core.completion.window import Window
from echo_core.errors import EngineError, ModelError
from echo_core.records.wire import EngineDescription
from echo_engine.api import EngineOptions, Finished, FinishReason, Job, ModelFile
from echo_engine.client import EngineClient

ROUNDS: Final = 3  # the middle one counts: others' work on the machine comes in bursts
TOKENS_MAX: Final = 32
DEADLINE_MS: Final = 600_000.0  # no guard of speed: a trainer does other things meanwhile
_OPTIONS: Final = EngineOptions(context_tokens=2048, idle_minutes=0.0)
_WINDOWS: Final = (
    Window("", "def mean(numbers):\n    total = ", "\n    return total / len(numbers)\n"),
    Window("", "const names = users.filter((user) => ", ").map((user) => user.name);\n"),
    Window("import os\n\n\n", "def main():\n    for name in os.listdir(", "):\n        pass\n"),
)
_JOBS: Final = tuple(Job(window, TOKENS_MAX, DEADLINE_MS) for window in _WINDOWS)
_GOOD_ENDS: Final = frozenset({FinishReason.END, FinishReason.STOP, FinishReason.LIMIT})


def serve(model: ModelFile, clock: Clock) -> tuple[EngineDescription, float]:
    """What the engine says of a model, and how many tokens a second it writes with it.

    Raises:
        ModelError: it cannot be loaded, or does not write as it should.
    """
    return asyncio.run(_serve(model, clock))


async def _serve(model: ModelFile, clock: Clock) -> tuple[EngineDescription, float]:
    client = EngineClient(clock, _OPTIONS, model)
    try:
        description = await client.describe()
        speeds = [await _round(client) for _ in range(ROUNDS)]
    except EngineError as error:
        raise ModelError(f"The engine cannot serve {model.name}: {error}") from error
    finally:
        await client.close()
    return description, statistics.median(speeds)


async def _round(client: EngineClient) -> float:
    tokens, spent_ms = 0, 0.0
    for job in _JOBS:
        async with aclosing(client.run(job)) as running:
            async for said in running:
                if not isinstance(said, Finished):
                    continue
                if said.reason not in _GOOD_ENDS:
                    raise ModelError(
                        f"{client.model} did not end what it wrote in {DEADLINE_MS / 1000:.0f} s: "
                        "export it on a faster machine, or when this one is idle."
                    )
                tokens += said.tokens_written
                spent_ms += said.write_ms
    if tokens == 0:
        raise ModelError(
            f"{client.model} writes nothing at three places where something belongs; clients "
            "would refuse it: see how many samples of the dataset are void."
        )
    return 1000.0 * tokens / max(spent_ms, 1.0)
