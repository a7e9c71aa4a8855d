"""Why a model cannot be loaded: kinds, the signs by which llama.cpp's log tells them, sentences.

Left out: the log itself (`llama`), messages (`protocol`).

Rules
 - A line of the log is only ever compared with the signs here; it is never kept or passed on.
 - Each kind has one sentence, which names the remedy and no file.
"""

from __future__ import annotations

from typing import Final

from echo_core.errors import EchoError
from echo_engine.protocol import FailureKind

# Read in llama.cpp's sources and seen by loading broken files. The first that fits counts.
_SIGNS: Final[tuple[tuple[bytes, FailureKind], ...]] = (
    (b"failed to open GGUF file", FailureKind.NOT_FOUND),
    (b"invalid magic characters", FailureKind.NOT_GGUF),
    (b"failed to read magic", FailureKind.NOT_GGUF),
    (b"unknown model architecture", FailureKind.UNKNOWN_ARCHITECTURE),
    (b"unknown pre-tokenizer", FailureKind.UNKNOWN_ARCHITECTURE),
    (b"unknown tokenizer", FailureKind.UNKNOWN_ARCHITECTURE),
    (b"not within the file bounds", FailureKind.CORRUPT),
    (b"model is corrupted", FailureKind.CORRUPT),
    (b"failed to read key-value", FailureKind.CORRUPT),
    (b"failed to read tensor", FailureKind.CORRUPT),
    (b"missing tensor", FailureKind.CORRUPT),
    (b"key not found in model", FailureKind.CORRUPT),
    (b"gguf_init_from", FailureKind.CORRUPT),  # whatever else the reader of the file says
    (b"out of memory", FailureKind.OUT_OF_MEMORY),
    (b"failed to allocate", FailureKind.OUT_OF_MEMORY),
    (b"unable to allocate", FailureKind.OUT_OF_MEMORY),
    (b"cudaMalloc failed", FailureKind.OUT_OF_MEMORY),
    (b"bad_alloc", FailureKind.OUT_OF_MEMORY),
)

SENTENCES: Final[dict[FailureKind, str]] = {
    FailureKind.NOT_FOUND: "The model's file is gone or unreadable: fetch the model again.",
    FailureKind.NOT_GGUF: "The file is not a GGUF model: choose one whose name ends in .gguf.",
    FailureKind.CORRUPT: "The model's file is incomplete or damaged: fetch the model again.",
    FailureKind.UNKNOWN_ARCHITECTURE: (
        "The installed llama.cpp does not know this model's architecture:"
        " update llama-cpp-python or choose another model."
    ),
    FailureKind.UNSUITABLE: "The model does not write text: choose a language model for code.",
    FailureKind.OUT_OF_MEMORY: (
        "There is not enough memory for the model: close other programs, choose a smaller model"
        " or fewer context tokens."
    ),
    FailureKind.GPU: (
        "The GPU did not take the model: set `engine.gpu_layers` to 0, or build llama.cpp again"
        " for this GPU."
    ),
    FailureKind.ADAPTER: (
        "The adapter does not belong to this model, or is damaged: choose another release."
    ),
    FailureKind.NOT_LOADED: "No model is loaded: choose one with `echoctl models use`.",
    FailureKind.EVALUATION: "The model was loaded but cannot be evaluated: choose another model.",
    FailureKind.NOT_ASIDE: (
        "This model cannot be asked in the background: its cache cannot be divided; choose another."
    ),
    FailureKind.TOO_LONG: "The text is too long for the room that background work has.",
    FailureKind.MALFORMED: "The engine was sent a message that it does not understand.",
    FailureKind.OTHER: "llama.cpp cannot load the model: choose another model.",
}

# What the client says by itself.
NO_MODEL: Final = "No model is chosen: run `echoctl models pull qwen2.5-coder-0.5b`."
CLOSED: Final = "The engine is closed: start the daemon again."
DIED: Final = (
    "The engine worker stopped in the middle of a completion; the next one starts it again."
)
DIED_BEHIND: Final = "The engine worker stopped in the middle of background work; ask again later."
DIES_BEHIND: Final = (
    "The engine worker dies of background work with this model: it is asked nothing more until"
    " a model is chosen again."
)
CHANGED: Final = "The engine was stopped, or given another model, in the meantime; ask again."
CRASHES: Final = (
    "The engine worker crashes whenever it loads the model: choose another model, or reinstall"
    " llama-cpp-python on this machine."
)
CRASHES_IN_TRIAL: Final = "The engine worker stopped while the model was tried."
SILENT: Final = "The model wrote nothing while it was tried."
SLOW: Final = "The model did not answer in time while it was tried."
TYPING: Final = "Somebody is typing; ask again later."
TOO_LARGE: Final = "The text around the cursor is too large for the engine."
ODD: Final = "The engine worker answered something else than it was asked."

# With layers on a GPU these may be its doing; without, the model may still load.
OF_GPU: Final = frozenset({FailureKind.OUT_OF_MEMORY, FailureKind.EVALUATION, FailureKind.OTHER})


class LoadError(EchoError):
    """A model cannot be loaded. Lives inside the worker; outside it is a message."""

    def __init__(self, kind: FailureKind) -> None:
        """The sentence follows from `kind`."""
        super().__init__(SENTENCES[kind])
        self.kind = kind


def kind_of_log_line(line: bytes) -> FailureKind | None:
    """Which failure a line of llama.cpp's log tells, if any."""
    return next((kind for sign, kind in _SIGNS if sign in line), None)
