"""A person's own data as files: a session as a trace, and everything that was made of them.

Left out: the trace format (docs/trace-format.md).

Rules
 - A file is written as it is read: no more than a page of it is held, and nothing on a disk.
 - What breaks off in the middle breaks the download off, so that nobody takes a part for the whole.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import asdict
from typing import Final

from starlette.responses import Response, StreamingResponse

from echo_core.errors import EchoError
from echo_core.records import wire
from echo_daemon.inspecting.gaps import PAGE_ROWS_MAX, GapsQuery
from echo_daemon.inspector.services import Services

MINE: Final = "mine"  # the name of the file that holds all but traces
TRACE_LINES: Final = 500  # of a page; each may be a whole document


async def export(services: Services, name: str) -> Response:
    """A file to keep.

    Raises:
        EchoError: there is none of that name.
    """
    lines = _mine(services) if name == MINE else _trace(services, name)
    try:
        first = await anext(lines, "")  # what is missing is told before the answer has begun
    except EchoError:
        await lines.aclose()
        raise

    async def whole() -> AsyncIterator[str]:
        yield first
        async for line in lines:
            yield line

    file = "echo-data.jsonl" if name == MINE else f"echo-trace-{name}.jsonl"
    return StreamingResponse(
        whole(),
        media_type="application/jsonl",
        headers={"content-disposition": f'attachment; filename="{file}"'},
    )


async def _trace(services: Services, session: str) -> AsyncGenerator[str, None]:
    query = wire.TraceQuery(session=session, lines_max=TRACE_LINES)
    while True:
        found = await services.hub.trace(query)
        yield "".join(f"{line}\n" for line in found.lines)
        if not found.more:
            return
        query = wire.TraceQuery(
            session=found.session,
            after=found.after,
            lines_max=TRACE_LINES,
            start_ms=found.start_ms,
        )


async def _mine(services: Services) -> AsyncGenerator[str, None]:
    """Choices, samples with how they were judged and what became of them, and the outbox."""
    for choice in services.consenting.history().rows:
        yield _line("choice", choice)
    outbox = await services.outgoing.state()
    for kind, rows in (
        ("outbox", outbox.rows),
        ("parcel", outbox.parcels),
        ("deletion", outbox.wishes),
    ):
        for row in rows:
            yield _line(kind, row)
    before = 0
    while True:
        found = await services.inspecting.gaps(GapsQuery(before=before, rows=PAGE_ROWS_MAX))
        for sample in found.rows:
            yield _line("sample", await services.inspecting.sample(sample.number))
        before = found.next_before
        if not before:
            return


def _line(kind: str, value: object) -> str:
    held = asdict(value)  # type: ignore[call-overload]
    return json.dumps({"kind": kind, **held}, ensure_ascii=False) + "\n"
