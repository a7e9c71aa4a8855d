"""Echo's engine worker in the mode that it falls back to where special kernels crash.

`python -m bench.plain_worker`, as `engine.command`. Used where the peer has to run without weights
repacked for the processor, so that both sides do.
"""

from __future__ import annotations

from dataclasses import replace

from echo_core.clock import Clock
from echo_engine import worker
from echo_engine.loaded import Engine
from echo_engine.protocol import Load


class PlainEngine(Engine):
    """The worker's engine; whatever it is told, it loads the weights as they are in the file."""

    def __init__(self, load: Load, clock: Clock) -> None:
        super().__init__(replace(load, plain=True), clock)


if __name__ == "__main__":
    setattr(worker, "Engine", PlainEngine)  # noqa: B010 - what the worker instantiates
    worker.main()
