"""A model that is loaded, with the session in its cache: all that the worker holds of llama.cpp.

Left out: commands and replies (`worker`), the C functions (`llama`).

Rules
 - Importing this loads no llama.cpp: the worker moves its pipe away first, because llama.cpp may
   print to descriptor 1.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from echo_core.clock import Clock
from echo_core.completion.fim import Family, pick_family
from echo_core.records.wire import EngineDescription
from echo_engine import chat
from echo_engine.aside import Aside
from echo_engine.errands import Errands
from echo_engine.failures import OF_GPU, LoadError
from echo_engine.heal import ByteTable
from echo_engine.protocol import FailureKind, Inspection, Load
from echo_engine.session import Session

if TYPE_CHECKING:
    from echo_engine.llama import Handle

# llama.cpp refuses contexts that are larger than what it was asked for, and a prompt needs room.
_CONTEXT_TOKENS_MIN: Final = 256


class Engine:
    """A loaded model and the session in its cache."""

    def __init__(self, load: Load, clock: Clock) -> None:
        """Load it.

        Raises:
            LoadError: it cannot be loaded.
        """
        # After the pipe was moved: these load llama.cpp.
        from echo_engine import llama, placing  # noqa: PLC0415
        from echo_engine.vocabulary import Vocabulary  # noqa: PLC0415

        started_ms, path = clock.steady_ms(), Path(load.path)
        tokens = max(load.context_tokens, _CONTEXT_TOKENS_MIN)
        place = placing.place(path, load.gpu_layers, tokens, load.gpu_failures)
        layers = place.placement.layers
        try:
            model = llama.open_model(path, gpu_layers=layers, plain=load.plain)
            metadata = model.metadata
            self.vocabulary = Vocabulary(model)
            self.family = _family(metadata.architecture, metadata.name, self.vocabulary.mark)
            self.vocabulary.read(mark.spelling for mark in self.family.stop_marks)
            self.context = llama.Context(
                model, self.vocabulary.size, threads=load.threads, tokens=tokens
            )
            self.context.try_out(self.vocabulary.filler)
        except LoadError as error:
            if layers and error.kind in OF_GPU:
                raise LoadError(FailureKind.GPU) from error
            raise
        self._model, self._clock = model, clock
        self._chat = chat.frame(model.chat)
        self._table = ByteTable(self.vocabulary.spellings)
        if load.adapter:
            self.context.adapt(model.adapter(Path(load.adapter)))
        self._begin()
        self.description = EngineDescription(
            model=load.model,
            path=load.path,
            architecture=metadata.architecture,
            family=self.family.name,
            quantisation=metadata.quantisation,
            parameters=metadata.parameters,
            file_bytes=metadata.file_bytes,
            context_tokens=self.context.tokens,
            threads=self.context.threads,
            backend=place.backend,
            devices=", ".join(map(str, place.gpus)),
            gpu_layers=layers,
            layers=metadata.layers + 1,
            flash_attention=self.context.flash_attention,
            llama_cpp=llama.version(),
            load_ms=round(clock.steady_ms() - started_ms),
            pid=os.getpid(),
            note=place.placement.note,
        )

    def _begin(self) -> None:
        """Sessions over a cache that holds nothing."""
        context, table, ending = self.context, self._table, self.vocabulary.ending
        steady_ms = self._clock.steady_ms
        self.session = Session(context, table, ending, steady_ms)
        self.errands: Errands | None = None  # None: it has no sequences for them
        if context.aside is not None:
            lanes = Aside(
                context,
                table,
                ending,
                steady_ms,
                sequences=context.aside,
                completions=self.session.cache,
            )
            self.errands = Errands(self.family, self.vocabulary, self._chat, lanes)

    def read_adapter(self, path: str) -> Handle | None:
        """What `adapt` takes; while it is read, the model may be evaluated.

        Reading is nearly all that adapting costs: 20 ms for 9 MB, and 0.1 ms for the rest.

        Raises:
            LoadError: it is none for this model.
        """
        return self._model.adapter(Path(path)) if path else None

    def adapt(self, name: str, adapter: Handle | None) -> None:
        """Be `name` from here on: with another adapter, or none.

        Raises:
            LoadError: it cannot be used; nothing has changed.
        """
        started_ms = self._clock.steady_ms()
        self.context.adapt(adapter)
        self._begin()
        took_ms = round(self._clock.steady_ms() - started_ms)
        self.description = replace(self.description, model=name, load_ms=took_ms)


def inspect(path: Path) -> Inspection:
    """What a model file says of itself.

    Raises:
        LoadError: it is no model that could be loaded.
    """
    from echo_engine import llama  # noqa: PLC0415 - as above
    from echo_engine.vocabulary import Vocabulary  # noqa: PLC0415

    model = llama.open_model(path, vocabulary_only=True)
    metadata = model.metadata
    family = _family(metadata.architecture, metadata.name, Vocabulary(model).mark)
    return Inspection(
        architecture=metadata.architecture,
        name=metadata.name,
        family=family.name,
        parameters=metadata.parameters,
        quantisation=metadata.quantisation,
        has_fim=bool(family.marks),
    )


def _family(architecture: str, name: str, mark: Callable[[str], int | None]) -> Family:
    return pick_family(architecture, name, lambda spelling: mark(spelling) is not None)
