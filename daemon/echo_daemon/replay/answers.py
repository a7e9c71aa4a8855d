"""An engine worker without a model: it answers as a recorded trace says that was answered.

`python -m echo_daemon.replay.answers FILE`. A completion is looked up by what stands around the
cursor; where the trace asked at the same place more than once, the answers come in its order.

Left out: background work, of which none is done; what the worker's messages mean
(`echo_engine.protocol`).

Rules
 - What was silence in the trace is silence again.
 - It holds source text in memory and writes it to nobody but the daemon that started it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from echo_core.completion.window import CLOSERS_MAX, Window
from echo_core.records import trace
from echo_core.records.answers import EchoLine, TraceProposal, TraceRequest
from echo_core.records.wire import EngineDescription
from echo_daemon.replay.trace_file import read_all
from echo_engine.api import FinishReason
from echo_engine.protocol import (
    Began,
    Describe,
    Done,
    Exit,
    Load,
    Loaded,
    Reply,
    Run,
    Wrote,
    decode_command,
    encode,
)

LOGPROB = -0.125  # of each token: an answer that was given once was sure enough


@dataclass(slots=True)
class _Asked:
    before: str
    after: str
    texts: list[str] = field(default_factory=list)
    times: int = 0  # it was answered with


class Answers:
    """What a trace's requests were answered with, by what stood around the cursor."""

    def __init__(self, lines: Iterable[trace.AnyLine]) -> None:
        """Play the trace to its end."""
        player = trace.Player()
        self._asked: dict[str, _Asked] = {}
        for line in lines:
            if isinstance(line, TraceRequest):
                text = player.texts.get(line.doc)
                if text is not None:
                    content = text.content
                    self._asked[line.id] = _Asked(content[: line.at], content[line.at :])
            elif isinstance(line, TraceProposal):
                if line.request in self._asked and line.text:
                    self._asked[line.request].texts.append(line.text)
            elif not isinstance(line, EchoLine):
                player.play(line)

    def find(self, window: Window, avoid: tuple[str, ...] = ()) -> str:
        """What was answered there; what came behind those to `avoid` where several are wanted."""
        before = window.head + window.tail
        fitting = [
            asked
            for asked in self._asked.values()
            if asked.before.endswith(before) and _follows(asked.after, window.suffix)
        ]
        if not fitting:
            return ""
        found = min(fitting, key=lambda asked: asked.times)  # the first of those used least
        if avoid:
            return found.texts[len(avoid)] if len(avoid) < len(found.texts) else ""
        found.times += 1
        return found.texts[0] if found.texts else ""


def _follows(after: str, suffix: str) -> bool:
    """Closers that an editor put behind the cursor stand before the suffix."""
    return any(after.startswith(suffix, at) for at in range(CLOSERS_MAX + 1))


def described(load: Load) -> EngineDescription:
    """What an engine says that has loaded nothing."""
    return EngineDescription(
        model=load.model,
        path=load.path,
        architecture="fake",
        family="fake",
        quantisation="F32",
        parameters=1,
        file_bytes=0,
        context_tokens=load.context_tokens,
        threads=load.threads or 1,
        backend="cpu",
        gpu_layers=0,
        layers=1,
        flash_attention=False,
        llama_cpp="none",
        load_ms=0,
        pid=os.getpid(),
    )


def replies(answers: Answers, commands: Iterable[bytes]) -> Iterator[Reply]:
    """What is said to each command, until Exit."""
    loaded: EngineDescription | None = None
    for line in commands:
        match decode_command(line):
            case Load() as load:
                loaded = described(load)
                yield Loaded(loaded)
            case Describe() if loaded is not None:
                yield Loaded(loaded)
            case Run() as run:
                text = answers.find(run.window, run.avoid)
                yield Began(run.id, 1, 1, 0.0, loaded.model if loaded is not None else "")
                if text:
                    yield Wrote(run.id, text, LOGPROB, 1)
                yield Done(run.id, FinishReason.END, 1, 1, int(bool(text)), 0.0, 0.0)
            case Exit():
                return
            case _:
                pass  # nothing is prepared, nothing is left to cancel


def main() -> None:
    """Be an engine worker."""
    answers = Answers(read_all(Path(sys.argv[1])))
    for reply in replies(answers, sys.stdin.buffer):
        sys.stdout.buffer.write(encode(reply))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
