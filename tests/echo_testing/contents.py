"""All that a store holds, as plain values: to compare a store with itself after a migration."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final, TypeAlias

from echo_daemon.store.database import Connection
from echo_daemon.store.queries import OpenQueries

Content: TypeAlias = "dict[str, Content] | list[Content] | str | int | float | bool | None"

_GAPS: Final = """
SELECT g.request, s.name, d.uri, g.opened_ms, g.broken_ms, g.reason
FROM gaps AS g JOIN sessions AS s ON s.id = g.session JOIN documents AS d ON d.id = g.doc
ORDER BY g.request
"""


def contents_of(connection: Connection) -> dict[str, Content]:
    """What `connection`'s store holds."""
    queries = OpenQueries(connection)
    requests = connection.execute("SELECT request FROM samples ORDER BY request").fetchall()
    samples = [queries.sample_of(str(request)) for (request,) in requests]
    return {
        "sessions": [_plain(asdict(session)) for session in queries.sessions()],
        "unfinished": [session.session for session in queries.unfinished()],
        "events": {
            session.session: [
                {"kind": event.kind, **_fields(asdict(event))}
                for event in queries.events(session.session)
            ]
            for session in queries.sessions()
        },
        "gaps": _plain(connection.execute(_GAPS).fetchall()),
        "samples": [_plain(asdict(sample)) for sample in samples if sample is not None],
        "looks": {
            str(request): [_plain(asdict(look)) for look in queries.looks(str(request))]
            for (request,) in requests
        },
    }


def lost(before: Content, after: Content, where: str = "store") -> list[str]:
    """Where `after` says otherwise than `before`; a field that was added is nothing lost."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for name, value in before.items()
            for line in lost(value, after.get(name), f"{where}.{name}")
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [line for at, (one, two) in pairs for line in lost(one, two, f"{where}[{at}]")]
    return [] if before == after else [f"{where}: {before!r} became {after!r}"]


def _fields(value: dict[str, object]) -> dict[str, Content]:
    return {name: _plain(one) for name, one in value.items()}


def _plain(value: object) -> Content:
    """`value` as JSON has it."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, int | float):
        return value
    return str(value)
