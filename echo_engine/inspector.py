"""Asks what a model file says of itself, in a worker of its own: a damaged one may crash it.

Left out: what it says (`worker`), which files there are (`echo_daemon.models`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from echo_core.errors import ModelError
from echo_engine.child import NO_START, WORKER, Child, ChildDiedError
from echo_engine.protocol import Failed, Inspect, Inspected, Inspection


async def inspect(path: Path, command: Sequence[str] = WORKER) -> Inspection:
    """What a model file says of itself, read in a worker of its own that may crash.

    Raises:
        ModelError: it is no model that this installation can load.
    """
    try:
        child = await Child.start(command, lambda _child: None)
    except OSError as error:
        raise ModelError(NO_START) from error
    try:
        answer = await child.ask(Inspect(str(path)))
    except ChildDiedError as error:
        raise ModelError(
            "llama.cpp crashed while it read the file: it is damaged, fetch it again."
        ) from error
    finally:
        await child.end()
    if isinstance(answer, Inspected):
        return answer.inspection
    sentence = answer.message if isinstance(answer, Failed) else "The file cannot be read."
    raise ModelError(sentence)
