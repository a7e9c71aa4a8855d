"""llama.cpp as far as Echo uses it: a model file, a context to evaluate in.

A thin layer over the low-level functions of llama-cpp-python; nothing but this module,
`vocabulary`, `devices`, `placing` and `requantise` imports that package. Left out: what to evaluate
(`session`, `aside`), failures' sentences (`failures`), how many layers go on a GPU (`placing`).

Rules
 - Nothing is printed, and no text of llama.cpp's log is kept: lines are sorted into kinds
   (`failures`) as they come, then dropped.
 - Objects of llama.cpp live as long as their owner here; the process ends with them, so nothing is
   freed twice.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NewType

import llama_cpp
import numpy as np
import psutil
from llama_cpp import llama_cpp as ll

from echo_core.errors import EngineError
from echo_engine.aside import CELLS_MAX
from echo_engine.choice import Logits
from echo_engine.failures import LoadError, kind_of_log_line
from echo_engine.protocol import FailureKind

# More tokens than this are not given to llama.cpp at once; sessions give far fewer.
BATCH_TOKENS: Final = 512
# The gap in hand, one that is prepared, and two places that were left a moment ago.
SEQUENCES: Final = 4
# Besides these: two for background work, with cells of their own, so that none of a completion's
# has to go.
ASIDE_SEQUENCES: Final = 2
ASIDE_TOKENS: Final = CELLS_MAX
# Enough for the matrix kernels (not the vector ones) to run once while the model is tried.
TRY_TOKENS: Final = 32
_TEMPLATE_BYTES_MAX: Final = 4096  # what templates put around two short texts is a few hundred
_NO_DEVICES: Final = (ctypes.c_void_p * 1)()  # a list of devices that ends at once

# A pointer of llama.cpp: tested for null and handed back to it, nothing else.
Handle = NewType("Handle", int)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a GGUF file says of itself."""

    architecture: str
    name: str
    parameters: int
    quantisation: str
    layers: int
    file_bytes: int


class _Log:
    """Receives llama.cpp's log: remembers what kinds of failure were told, never a text."""

    def __init__(self) -> None:
        self.kinds: set[FailureKind] = set()
        # Kept as an attribute: ctypes does not keep a callback alive.
        self._callback = ll.llama_log_callback(self._line)
        ll.llama_log_set(self._callback, None)

    def _line(self, _level: int, text: bytes | None, _user: object) -> None:
        kind = kind_of_log_line(text or b"")
        if kind is not None:
            self.kinds.add(kind)

    def failure(self) -> FailureKind:
        """The most telling kind since the last `clear`."""
        return next((kind for kind in FailureKind if kind in self.kinds), FailureKind.OTHER)


_log: _Log | None = None


def start() -> _Log:
    """llama.cpp, initialised once in this process, and its log."""
    global _log  # noqa: PLW0603 - llama.cpp's own state is global to the process
    if _log is None:
        _log = _Log()
        ll.llama_backend_init()
    _log.kinds.clear()
    return _log


class Model:
    """A model file that is open."""

    def __init__(self, handle: Handle, metadata: Metadata) -> None:
        """Use `open_model`."""
        self.handle = handle
        self.metadata = metadata

    def meta(self, key: str) -> str:
        """What the file says under `key`; "" where it says nothing."""
        return _meta(self.handle, key)

    def chat(self, system: str, text: str) -> str | None:
        """The file's chat template with these two texts; None: there is none that can be applied.

        Applied by llama.cpp, which knows the templates that models have by their signs and runs
        no code of theirs.
        """
        template = ll.llama_model_chat_template(self.handle, None)
        if template is None:
            return None
        turns = (ll.llama_chat_message * 2)()
        for turn, (role, content) in zip(
            turns, ((b"system", system), (b"user", text)), strict=True
        ):
            turn.role, turn.content = role, content.encode("utf-8", "replace")
        room = len(system) + len(text) + _TEMPLATE_BYTES_MAX
        buffer = ctypes.create_string_buffer(room)
        length = int(ll.llama_chat_apply_template(template, turns, 2, True, buffer, room))  # noqa: FBT003 - C
        return buffer.raw[:length].decode("utf-8", "replace") if 0 < length <= room else None

    @property
    def interleaves(self) -> bool:
        """Whether a position turns neighbouring rows of queries and keys, not halves of a head."""
        return bool(ll.llama_model_rope_type(self.handle) == ll.LLAMA_ROPE_TYPE_NORM)

    def adapter(self, path: Path) -> Handle:
        """Read a LoRA for this model; `Context.adapt` puts it over it.

        Raises:
            LoadError: it is none for this architecture, or cannot be read.
        """
        start()
        handle: Handle | None = ll.llama_adapter_lora_init(self.handle, os.fsencode(path))
        if not handle:
            raise LoadError(FailureKind.ADAPTER)
        return handle

    def close(self) -> None:
        """Give its memory back; nothing that was made of it may be used any more."""
        ll.llama_model_free(self.handle)


def open_model(
    path: Path, *, gpu_layers: int = 0, vocabulary_only: bool = False, plain: bool = False
) -> Model:
    """Open `path`. `plain`: without weights repacked for this processor.

    Raises:
        LoadError: it cannot be; its kind says why.
    """
    log = start()
    if not path.is_file():
        raise LoadError(FailureKind.NOT_FOUND)
    parameters = ll.llama_model_default_params()
    parameters.vocab_only = vocabulary_only
    parameters.use_extra_bufts = not plain
    parameters.n_gpu_layers = gpu_layers
    if gpu_layers == 0:  # else a GPU would still be given large products, and room for them
        parameters.devices = ctypes.cast(_NO_DEVICES, ctypes.c_void_p)
    parameters.load_mode = (
        ll.LLAMA_LOAD_MODE_MMAP if ll.llama_supports_mmap() else ll.LLAMA_LOAD_MODE_NONE
    )
    handle = ll.llama_model_load_from_file(os.fsencode(path), parameters)
    if not handle:
        raise LoadError(log.failure())
    if ll.llama_model_has_encoder(handle) or not ll.llama_model_has_decoder(handle):
        raise LoadError(FailureKind.UNSUITABLE)
    if ll.llama_model_is_diffusion(handle):
        raise LoadError(FailureKind.UNSUITABLE)
    return Model(handle, _metadata(handle, path))


def _metadata(handle: Handle, path: Path) -> Metadata:
    architecture = _meta(handle, "general.architecture")
    file_type = _meta(handle, "general.file_type")
    layers = _meta(handle, f"{architecture}.block_count")
    name = ll.llama_ftype_name(int(file_type)) if file_type.isdecimal() else None
    return Metadata(
        architecture=architecture,
        name=_meta(handle, "general.name") or path.stem,
        parameters=int(ll.llama_model_n_params(handle)),
        quantisation=_quantisation((name or b"unknown").decode("ascii", "replace")),
        layers=int(layers) if layers.isdecimal() else 0,
        file_bytes=path.stat().st_size,
    )


def _quantisation(name: str) -> str:
    """llama.cpp says "Q4_K - Medium" where everybody else says Q4_K_M."""
    base, _, size = name.removeprefix("(guessed) ").partition(" - ")
    return f"{base}_{size[:1]}" if size in {"Small", "Medium", "Large"} else base


def _meta(handle: Handle, key: str) -> str:
    buffer = ctypes.create_string_buffer(512)
    length = int(ll.llama_model_meta_val_str(handle, key.encode(), buffer, len(buffer)))
    return buffer.value.decode("utf-8", "replace") if length > 0 else ""


class Context:
    """Where a model is evaluated, with a cache of some sequences. Implements `session.Evaluator`.

    They share one buffer (`kv_unified`): only there can a part of one be copied to another, which
    then costs no memory. Attention skips the cells of the others.
    """

    def __init__(
        self, model: Model, size: int, *, threads: int, tokens: int, exact: bool = False
    ) -> None:
        """
        Args:
            model: what is evaluated.
            size: how many tokens its vocabulary has.
            threads: 0 for one on each physical core.
            tokens: how many tokens the cache holds, in all sequences of completions together.
            exact: for comparing, not for serving: nothing is rounded on the way that need not be.

        Raises:
            LoadError: there is not enough memory, or the model cannot be evaluated here.
        """
        log = start()
        self.threads = threads or physical_cores()
        self.tokens = tokens
        self._size = size
        # A recurrent state is of all that was read: it cannot be cut.
        self.cuts = not (
            ll.llama_model_is_recurrent(model.handle) or ll.llama_model_is_hybrid(model.handle)
        )
        # A cache that slides has lost the oldest cells of what it would copy.
        slides = ll.llama_model_n_swa(model.handle) > 0
        divides = self.cuts and not slides
        self.sequences = SEQUENCES if divides else 1
        # Those of background work, where it has any.
        self.aside = (SEQUENCES, SEQUENCES + ASIDE_SEQUENCES - 1) if divides else None
        self.flash_attention = not exact
        self._kept_as = ll.GGML_TYPE_F32 if exact else ll.GGML_TYPE_F16
        handle = self._opened(model)
        if not handle:  # a few architectures have heads that it cannot do
            self.flash_attention = False
            handle = self._opened(model)
        if not handle:
            raise LoadError(log.failure())
        self._handle = handle
        self._memory = ll.llama_get_memory(handle)
        self._adapter: Handle | None = None
        self._batch = ll.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._wanted: Callable[[], bool] = lambda: True
        # Asked by llama.cpp between the steps of one evaluation, some 800 times for 24 layers;
        # no slow-down could be measured. Kept as an attribute, see _Log.
        self._abort = ll.ggml_abort_callback(lambda _data: not self._wanted())
        ll.llama_set_abort_callback(handle, self._abort, None)

    def _opened(self, model: Model) -> Handle | None:
        parameters = ll.llama_context_default_params()
        parameters.n_ctx = self.tokens + (ASIDE_TOKENS if self.aside else 0)
        parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
        parameters.n_seq_max = self.sequences + (ASIDE_SEQUENCES if self.aside else 0)
        parameters.kv_unified = True
        parameters.n_threads = parameters.n_threads_batch = self.threads
        parameters.type_k = parameters.type_v = self._kept_as
        parameters.no_perf = True
        parameters.flash_attn_type = (
            ll.LLAMA_FLASH_ATTN_TYPE_ENABLED
            if self.flash_attention
            else ll.LLAMA_FLASH_ATTN_TYPE_DISABLED
        )
        handle: Handle | None = ll.llama_init_from_model(model.handle, parameters)
        return handle

    def abort_unless(self, wanted: Callable[[], bool]) -> None:
        """From now on, evaluation ends early as soon as `wanted` is false (any thread)."""
        self._wanted = wanted

    def evaluate(
        self, sequence: int, position: int, tokens: Sequence[int], outputs: int = 1
    ) -> bool:
        batch = self._batch
        batch.n_tokens = len(tokens)
        for index, token in enumerate(tokens):
            batch.token[index] = token
            batch.pos[index] = position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = sequence
            batch.logits[index] = index >= len(tokens) - outputs
        code = int(ll.llama_decode(self._handle, batch))
        if code in (0, 2):  # done, aborted (llama.h)
            return code == 0
        raise EngineError("The model could not be evaluated: choose fewer context tokens.")

    def logits(self, back: int = 0) -> Logits:
        pointer = ll.llama_get_logits_ith(self._handle, -1 - back)
        if not pointer:
            raise EngineError("The model gave no result.")
        view: Logits = np.ctypeslib.as_array(pointer, shape=(self._size,))
        return view

    def adapt(self, adapter: Handle | None) -> None:
        """Evaluate with this over the model from here on; the cache is empty afterwards.

        The one before is freed.
        """
        count = 0 if adapter is None else 1
        adapters = (ll.llama_adapter_lora_p_ctypes * 1)(adapter)
        scales = (ctypes.c_float * 1)(1.0)
        if ll.llama_set_adapters_lora(self._handle, adapters, count, scales):
            raise LoadError(FailureKind.ADAPTER)
        if self._adapter is not None:
            ll.llama_adapter_lora_free(self._adapter)
        self._adapter = adapter
        ll.llama_memory_clear(self._memory, False)  # noqa: FBT003 - C

    def forget(self, sequence: int, position: int) -> bool:
        return bool(ll.llama_memory_seq_rm(self._memory, sequence, position, -1))

    def copy(self, source: int, target: int, length: int) -> None:
        ll.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def try_out(self, token: int) -> None:
        """Evaluate something, so that weights are in memory and a kernel that crashes does so now.

        Raises:
            LoadError: it cannot be evaluated.
        """
        try:
            self.evaluate(0, 0, [token] * min(TRY_TOKENS, self.tokens))
            self.logits()
        except EngineError as error:
            raise LoadError(FailureKind.EVALUATION) from error
        self.forget(0, 0)


def physical_cores() -> int:
    """Cores that this process may use; hyper-threads make matrix products slower, not faster."""
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return max(1, min(physical, len(os.sched_getaffinity(0))))
    return physical


def version() -> str:
    """The version of llama-cpp-python, which fixes that of llama.cpp."""
    return str(llama_cpp.__version__)
