"""A body is read: bounded in size, in pauses, and as a whole.

Rules
 - What is too much is not read to its end: the connection is closed.
 - What arrived of a body that was cut or came too slowly is given back with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from echo_core.sharing.bundle.protocol import Refusal
from echo_trainer.intake.judging import Refused


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a body may take."""

    silence_s: float
    whole_s: float


@dataclass(frozen=True, slots=True)
class Body:
    """What was read; `cut`: why there is no more of it."""

    content: bytes
    cut: Refusal | None = None


async def read_body(request: Request, most: int, patience: Patience) -> Body:
    """A body of `most` bytes at most.

    Raises:
        Refused: it is larger.
    """
    content = bytearray()
    pieces = request.stream()
    try:
        async with asyncio.timeout(patience.whole_s):
            while (piece := await _next(pieces, patience.silence_s)) is not None:
                if len(content) + len(piece) > most:
                    raise Refused(Refusal.TOO_LARGE)
                content += piece
    except TimeoutError:
        return Body(bytes(content), Refusal.TOO_SLOW)
    except ClientDisconnect:
        return Body(bytes(content), Refusal.TOO_SLOW)
    return Body(bytes(content))


async def _next(pieces: AsyncIterator[bytes], silence_s: float) -> bytes | None:
    async with asyncio.timeout(silence_s):
        return await anext(pieces, None)
