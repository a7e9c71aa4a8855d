"""One job at a child: what is sent, what comes back, and that it is cancelled when it is left.

Left out: which child, and what to do when it dies (`client`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TypeVar

from echo_core.errors import EngineError, WireError
from echo_engine import failures
from echo_engine.api import Finished, Job, Piece, Started
from echo_engine.background import Preempted
from echo_engine.child import Child, ChildDiedError, JobReply
from echo_engine.mailbox import BackgroundWork
from echo_engine.protocol import (
    Answered,
    Began,
    Composed,
    Done,
    Failed,
    Run,
    Weighed,
    Wrote,
    Yielded,
)

Told = TypeVar("Told", Answered, Weighed, Composed)


async def replies(
    child: Child, number: int, job: Job
) -> AsyncGenerator[Started | Piece | Finished, None]:
    """Send `job` and pass on what comes back; cancels it when left early.

    Raises:
        ChildDiedError: the worker is gone.
        EngineError: the job failed.
    """
    try:
        queue = child.begin(
            Run(number, job.window, job.tokens_max, job.deadline_ms, job.stop, job.avoid)
        )
    except WireError as error:
        raise EngineError(failures.TOO_LARGE) from error
    over = False
    try:
        while not over:
            reply = await queue.get()
            over = not isinstance(reply, Began | Wrote)
            yield _said(reply)
    finally:
        child.forget(number, cancel=not over)


def _said(reply: JobReply | None) -> Started | Piece | Finished:
    match reply:
        case Began():
            return Started(
                reply.tokens_prompt, reply.tokens_evaluated, reply.prompt_ms, reply.model
            )
        case Wrote():
            return Piece(reply.text, reply.logprob, reply.tokens)
        case Done():
            return Finished(
                reply.reason,
                reply.tokens_prompt,
                reply.tokens_evaluated,
                reply.tokens_written,
                reply.prompt_ms,
                reply.write_ms,
                reply.tokens_drafted,
                reply.tokens_accepted,
            )
        case Failed():
            raise EngineError(reply.message)
        case None:
            raise ChildDiedError
        case _:
            raise EngineError(failures.ODD)


async def reply(child: Child, work: BackgroundWork, kind: type[Told]) -> Told:
    """Send background work and wait for its end; cancels it when left early.

    Args:
        child: who does it.
        work: what is to be done.
        kind: what the answer to it is.

    Raises:
        Preempted: it was given up.
        ChildDiedError: the worker is gone.
        EngineError: it failed.
    """
    try:
        queue = child.begin(work)
    except WireError as error:
        raise EngineError(failures.TOO_LARGE) from error
    over = False
    try:
        said = await queue.get()
        over = True
    finally:
        child.forget(work.id, cancel=not over)
    if isinstance(said, kind):
        return said
    if said is None:
        raise ChildDiedError
    if isinstance(said, Yielded):
        raise Preempted(failures.TYPING)
    raise EngineError(said.message if isinstance(said, Failed) else failures.ODD)
