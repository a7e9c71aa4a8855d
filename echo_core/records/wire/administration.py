"""Messages of whoever runs the daemon: its state, its end, its engine.

Left out: what was recorded and whether it may be (`echo_core.records.wire.records`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core.records.wire.meeting import Status
from echo_core.records.wire.signature import Nothing, Signature

DAEMON_STATUS: Final = "daemon/status"  # Nothing -> DaemonStatus
DAEMON_STOP: Final = "daemon/stop"  # Nothing -> Nothing
DAEMON_FLUSH: Final = "daemon/flush"  # Nothing -> Flushed: all that was received is durable
ENGINE_DESCRIBE: Final = "engine/describe"  # Nothing -> EngineDescription; loads the model
ENGINE_RELOAD: Final = "engine/reload"  # Nothing -> Nothing: the chosen model changed


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """For `echoctl status`; every field a number, an enum or a path of ours."""

    version: str
    pid: int
    uptime_ms: int
    fronts: int
    documents: int
    status: Status
    model: str
    engine_state: str
    engine_pid: int
    engine_restarts: int
    store_state: str  # off, open, failed
    store_bytes: int
    key_source: str  # keyring backend, key file, none
    events_recorded: int
    gaps_live: int
    engine_note: str = ""  # one sentence where the GPU holds less than was wished for
    reasons: dict[str, int] = field(default_factory=dict)
    watch_note: str = ""  # what is not watched as it should be, in a sentence


@dataclass(frozen=True, slots=True)
class Flushed:
    """How many events of this store are durable."""

    events: int


@dataclass(frozen=True, slots=True)
class EngineDescription:
    """The engine as it is loaded."""

    model: str
    path: str
    architecture: str
    family: str
    quantisation: str
    parameters: int
    file_bytes: int
    context_tokens: int
    threads: int
    backend: str  # cpu, cuda, metal, vulkan
    gpu_layers: int
    layers: int  # that may lie on a GPU: the blocks, and the output as one more
    flash_attention: bool
    llama_cpp: str
    load_ms: int
    pid: int
    devices: str = ""  # the GPUs that llama.cpp found, with what they have free
    note: str = ""  # one sentence where the GPU holds less than was wished for


METHODS: Final[dict[str, Signature]] = {
    DAEMON_STATUS: Signature(Nothing, DaemonStatus),
    DAEMON_STOP: Signature(Nothing, Nothing),
    DAEMON_FLUSH: Signature(Nothing, Flushed),
    ENGINE_DESCRIBE: Signature(Nothing, EngineDescription),
    ENGINE_RELOAD: Signature(Nothing, Nothing),
}
