"""Messages between the daemon and its engine worker: one line of ASCII JSON each.

`{"op": "<name>", ...}`, ended by a newline; the fields are those of the dataclass that `op` names.
The daemon writes commands to the child's standard input, the child writes replies to its
standard output.

Left out: pipes, processes and what the commands do (`client`, `worker`), values as JSON (`plain`).

Rules
 - Whatever bytes come in, `decode_command` and `decode_reply` give a message or a WireError.
 - A reply never carries text of llama.cpp's log: a failure is a kind and one of our sentences.
 - Unknown fields, missing fields and values of another type are refused; there is one version of
   this protocol, because both ends come from one installation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar

from echo_core.completion.window import Window
from echo_core.errors import WireError
from echo_core.records.wire import EngineDescription
from echo_engine.api import FinishReason
from echo_engine.background import Answers, Draft, Drafted, Likelihood, Likely, Question
from echo_engine.plain import built, plain

# A window and what is shown besides are at most some 20,000 characters of 12 bytes each; this
# leaves room for larger ones.
LINE_BYTES_MAX: Final = 1 << 20


class FailureKind(StrEnum):
    """What went wrong in the worker, as far as the daemon can act on it."""

    NOT_FOUND = "not_found"
    NOT_GGUF = "not_gguf"
    CORRUPT = "corrupt"
    UNKNOWN_ARCHITECTURE = "unknown_architecture"
    UNSUITABLE = "unsuitable"
    OUT_OF_MEMORY = "out_of_memory"
    GPU = "gpu"  # with layers on a GPU; may be loaded with fewer
    ADAPTER = "adapter"  # it does not fit the model, or cannot be read
    NOT_LOADED = "not_loaded"
    EVALUATION = "evaluation"
    NOT_ASIDE = "not_aside"  # the model cannot be asked without harm to a completion's cache
    TOO_LONG = "too_long"  # for background work
    MALFORMED = "malformed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a model file says of itself, read without its weights."""

    architecture: str
    name: str
    family: str
    parameters: int
    quantisation: str
    has_fim: bool


# --- commands, from the daemon ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Load:
    """Load a model in place of the one that is loaded. `threads` 0: one for each physical core.

    `gpu_layers` -1: all that fit; with each of `gpu_failures`, how often that failed, fewer are
    tried. `plain`: leave out the kernels that are special to this processor.
    """

    model: str
    path: str
    threads: int
    gpu_layers: int
    context_tokens: int
    plain: bool = False
    gpu_failures: int = 0
    adapter: str = ""  # a LoRA to put over it


@dataclass(frozen=True, slots=True)
class Adapt:
    """Put an adapter, or none, over the model that is loaded; what it is called from here on.

    Answered by Loaded, or Failed, and then what was there answers on.
    """

    model: str
    adapter: str


@dataclass(frozen=True, slots=True)
class Run:
    """Write a completion; answered by Began, some Wrote and one Done or Failed, all with `id`.

    The other fields are those of `api.Job`.
    """

    id: int
    window: Window
    tokens_max: int
    deadline_ms: float
    stop: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepare:
    """Read this prompt when nothing else is to be done; replaces the last one, has no answer."""

    window: Window


@dataclass(frozen=True, slots=True)
class Ask:
    """Background work; answered by Answered, Yielded or Failed, with `id`. So are the next two."""

    id: int  # below 0, so that it is never that of a Run
    question: Question


@dataclass(frozen=True, slots=True)
class Weigh:
    """Background work; answered by Weighed, Yielded or Failed."""

    id: int
    likelihood: Likelihood


@dataclass(frozen=True, slots=True)
class Compose:
    """Background work; answered by Composed, Yielded or Failed."""

    id: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class Cancel:
    """End what has this `id` soon; it is answered as it always is. Unknown ids are ignored."""

    id: int


@dataclass(frozen=True, slots=True)
class Describe:
    """Answered by Loaded, or Failed when nothing is loaded."""


@dataclass(frozen=True, slots=True)
class Inspect:
    """Read a file's own description, without its weights; answered by Inspected or Failed."""

    path: str


@dataclass(frozen=True, slots=True)
class Exit:
    """End the process."""


Command: TypeAlias = (
    Load | Adapt | Run | Prepare | Ask | Weigh | Compose | Cancel | Describe | Inspect | Exit
)

# --- replies, from the worker ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is in memory and has been tried."""

    description: EngineDescription


@dataclass(frozen=True, slots=True)
class Inspected:
    """The answer to Inspect."""

    inspection: Inspection


@dataclass(frozen=True, slots=True)
class Began:
    """The prompt of job `id` is read; the fields are those of `api.Started`."""

    id: int
    tokens_prompt: int
    tokens_evaluated: int
    prompt_ms: float
    model: str = ""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A piece of job `id`; the fields are those of `api.Piece`."""

    id: int
    text: str
    logprob: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Done:
    """The end of job `id`; the fields are those of `api.Finished`."""

    id: int
    reason: FinishReason
    tokens_prompt: int
    tokens_evaluated: int
    tokens_written: int
    prompt_ms: float
    write_ms: float
    tokens_drafted: int = 0
    tokens_accepted: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to Ask."""

    id: int
    answers: Answers


@dataclass(frozen=True, slots=True)
class Weighed:
    """The answer to Weigh."""

    id: int
    likely: Likely


@dataclass(frozen=True, slots=True)
class Composed:
    """The answer to Compose."""

    id: int
    drafted: Drafted


@dataclass(frozen=True, slots=True)
class Yielded:
    """Background work that was given up for something that somebody waits for, or cancelled."""

    id: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A command that could not be done. `id` 0: it was neither a Run nor background work."""

    id: int
    kind: FailureKind
    message: str


Aside: TypeAlias = Answered | Weighed | Composed | Yielded
Reply: TypeAlias = Loaded | Inspected | Began | Wrote | Done | Aside | Failed

_COMMANDS: Final[dict[str, type[Command]]] = {
    "load": Load,
    "adapt": Adapt,
    "run": Run,
    "prepare": Prepare,
    "ask": Ask,
    "weigh": Weigh,
    "compose": Compose,
    "cancel": Cancel,
    "describe": Describe,
    "inspect": Inspect,
    "exit": Exit,
}
_REPLIES: Final[dict[str, type[Reply]]] = {
    "loaded": Loaded,
    "inspected": Inspected,
    "started": Began,
    "piece": Wrote,
    "finished": Done,
    "answered": Answered,
    "weighed": Weighed,
    "composed": Composed,
    "yielded": Yielded,
    "failed": Failed,
}
_NAMES: Final[dict[type, str]] = {
    message: name for table in (_COMMANDS, _REPLIES) for name, message in table.items()
}


def encode(message: Command | Reply) -> bytes:
    """`message` as one line, newline included. ASCII, so that no text can end a line early.

    Raises:
        WireError: the message is longer than LINE_BYTES_MAX, or a number is not finite.
    """
    try:
        text = json.dumps(
            {"op": _NAMES[type(message)], **plain(message)},
            allow_nan=False,
            separators=(",", ":"),
        )
    except ValueError as error:
        raise WireError("A message to or from the engine holds an unusable number.") from error
    if len(text) >= LINE_BYTES_MAX:
        raise WireError("A message to or from the engine is longer than the limit.")
    return text.encode("ascii") + b"\n"


def decode_command(line: bytes) -> Command:
    """The command in `line`, with or without its newline.

    Raises:
        WireError: it is not one; the next line may be.
    """
    name, values = _opened(line)
    return built(_looked_up(_COMMANDS, name), values)


def decode_reply(line: bytes) -> Reply:
    """The reply in `line`; as `decode_command`."""
    name, values = _opened(line)
    return built(_looked_up(_REPLIES, name), values)


# --- lines ----------------------------------------------------------------------------------

T = TypeVar("T")


def _opened(line: bytes) -> tuple[str, dict[str, object]]:
    if len(line) > LINE_BYTES_MAX:
        raise WireError("An engine message is longer than the limit.")
    try:
        # ValueError: no JSON, no UTF-8, or an integer with thousands of digits.
        # RecursionError: brackets nested without end.
        value: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WireError("An engine message is not JSON.") from error
    if not isinstance(value, dict):
        raise WireError("An engine message is not an object.")
    name = value.pop("op", None)
    if not isinstance(name, str):
        raise WireError("An engine message does not name what it is.")
    return name, value


def _looked_up(table: dict[str, type[T]], name: str) -> type[T]:
    message = table.get(name)
    if message is None:
        raise WireError("An engine message has a name that this end does not know.")
    return message
