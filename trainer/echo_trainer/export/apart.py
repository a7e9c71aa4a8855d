"""What llama.cpp does with a file of ours, in a process of its own that may crash.

Left out: what the answers mean (`checking`), serving (`echo_engine.client`, `serving`).

Rules
 - A crash is a sentence. A process does one thing and ends, and with it what llama.cpp held.
 - Adapter and model are evaluated by the same code with the same numbers, whatever the processor
   could do better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from echo_core.errors import ModelError
from echo_trainer.export.architectures import Matrix

# What is compared: places after which something is known to follow, in code that is ours.
PROBE: Final = '''"""Reads settings."""

import json
from pathlib import Path


def load(path: Path) -> dict[str, int]:
    """The numbers in a file, by name."""
    text = path.read_text(encoding="utf-8")
    return {name: int(value) for name, value in json.loads(text).items()}


function total(items) {
  return items.reduce((sum, each) => sum + each.price * each.count, 0);
}
'''
PROBE_TOKENS: Final = 64  # 39 MB of logits where a vocabulary has 152,000 tokens
_CONTEXT_TOKENS: Final = 512


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a model said."""

    interleaves: bool  # whether llama.cpp turns neighbouring rows of its queries and keys
    tokens: tuple[int, ...]  # of the probe
    logits: tuple[Matrix, ...]  # after each of them ([tokens, vocabulary]), for each adapter


Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def apart(work: Callable[Given, Answer], *given: Given.args, **named: Given.kwargs) -> Answer:
    """What `work` gives, done in a process of its own.

    Raises:
        ModelError: llama.cpp refused the file, or crashed over it.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(work, *given, **named).result()
        except BrokenProcessPool as error:
            raise ModelError(
                "llama.cpp crashed over a file that was exported: the base or the adapter is "
                "damaged, or this llama-cpp-python does not fit this processor."
            ) from error


def evaluated(path: Path, adapters: Sequence[Path | None] = (None,)) -> Evaluated:
    """What a model says of the probe with each of `adapters` over it, or with none.

    Raises:
        ModelError: it cannot be loaded; the sentence says why.
    """
    import numpy as np  # noqa: PLC0415 - llama.cpp is loaded apart, and what it needs with it

    from echo_engine.failures import LoadError  # noqa: PLC0415
    from echo_engine.llama import Context, open_model  # noqa: PLC0415
    from echo_engine.vocabulary import Vocabulary  # noqa: PLC0415

    try:
        model = open_model(path, plain=True)
        vocabulary = Vocabulary(model)
        context = Context(model, vocabulary.size, threads=0, tokens=_CONTEXT_TOKENS, exact=True)
        tokens = [*vocabulary.first, *vocabulary.tokenise(PROBE)][:PROBE_TOKENS]
        said: list[Matrix] = []
        for adapter in adapters:
            context.adapt(None if adapter is None else model.adapter(adapter))
            context.evaluate(0, 0, tokens, len(tokens))
            back = range(len(tokens) - 1, -1, -1)
            said.append(np.stack([context.logits(each).copy() for each in back]))
    except LoadError as error:
        raise ModelError(str(error)) from error
    return Evaluated(model.interleaves, tuple(tokens), tuple(said))


def quantise(source: Path, target: Path, file_type: int, types: Mapping[str, int]) -> None:
    """As `echo_engine.requantise.requantise`."""
    from echo_engine.requantise import requantise  # noqa: PLC0415

    requantise(source, target, file_type, types)
