"""How fast each side's build of llama.cpp reads and writes, alone: builds apart from design.

Echo's llama.cpp is built on the machine, the peer's comes from a package for many machines. A part
of any ratio between them is that difference; these figures say how large it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bench.peer import Peer
from bench.stage import Stage
from echo_core.completion.window import Window
from echo_engine.api import Finished, Job
from echo_runtime.clock import SystemClock

LINES: Final = 60  # about 600 tokens
WRITTEN_TOKENS: Final = 32
_LINE = "def area_{0}(width: float) -> float:\n    return width * {0}\n"


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second."""

    reading: float
    writing: float

    @property
    def detail(self) -> dict[str, float]:
        """For the report."""
        return {"prompt_tokens_per_s": self.reading, "written_tokens_per_s": self.writing}


def text() -> str:
    """Something to read that neither side has read before."""
    return "".join(_LINE.format(number) for number in range(LINES))


async def of_peer(peer: Peer) -> Speed:
    """A cold prompt and the tokens after it."""
    asked = {
        "input_prefix": text(),
        "input_suffix": "\n",
        "prompt": "def ",
        "n_predict": WRITTEN_TOKENS,
        "top_k": 1,
        "samplers": ["top_k"],
        "cache_prompt": False,
    }
    timings = (await peer.infill(asked))["timings"]
    return Speed(float(timings["prompt_per_second"]), float(timings["predicted_per_second"]))


async def of_echo(stage: Stage, clock: SystemClock) -> Speed:
    """The same for Echo's engine."""
    engine = stage.engine(clock)
    try:
        await engine.warm()
        window = Window(text(), "def ", "\n")
        async for said in engine.run(Job(window, WRITTEN_TOKENS, deadline_ms=120_000)):
            if isinstance(said, Finished):
                # One token is chosen without being evaluated: the prompt's last brought it.
                return Speed(
                    1000 * said.tokens_evaluated / max(said.prompt_ms, 1e-9),
                    1000 * max(0, said.tokens_written - 1) / max(said.write_ms, 1e-9),
                )
    finally:
        await engine.close()
    raise AssertionError("a job without an end")
