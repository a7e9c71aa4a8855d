"""What Echo did in a session, as lines of a trace: asked for, answered, and what became of it.

    {"t":125,"kind":"request","id":"r1","doc":"src/a.py","at":18,"trigger":"automatic"}
    {"t":133,"kind":"proposal","request":"r1","id":"p1","text":"..."}
    {"t":400,"kind":"outcome","id":"p1","outcome":"shown","chars":12}

Left out: what the editor did, reading and writing (`echo_core.records.trace`).

Rules
 - Ids are opaque, and mean the same in the whole trace. An id that comes again in a `proposal`
   goes on with the same ghost text.
 - An empty text is silence. Several proposals of one request stand in the order in which they were
   offered.
 - A line whose id was named by none before it says nothing: the trace began after that.
 - `chars` counts code points from the start of the proposal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from echo_core.records.events import OutcomeKind, Trigger


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """A completion was asked for."""

    kind: ClassVar[str] = "request"
    t_ms: int
    id: str
    doc: str
    at: int
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class TraceProposal:
    """What was answered."""

    kind: ClassVar[str] = "proposal"
    t_ms: int
    request: str
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class TraceOutcome:
    """What became of a proposal."""

    kind: ClassVar[str] = "outcome"
    t_ms: int
    id: str
    outcome: OutcomeKind
    chars: int


EchoLine: TypeAlias = TraceRequest | TraceProposal | TraceOutcome
