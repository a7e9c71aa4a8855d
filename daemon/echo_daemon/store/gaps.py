"""How gaps ended, in few bytes: those of a burst end together, and their requests are neighbours.

A row of `breaks` holds the gaps of one document that ended at one moment for one reason. Their
requests are a JSON array: what all names begin with, then runs `[first number, how many]`; or
nothing in common and the names themselves. Requests are named so (`echo_daemon.mining.names`).

Left out: SQL (`rows`, `erasing`), which gaps become samples (`echo_core.experience.mining`).

Rules
 - A gap that is alive has no row: its request is in the log, and `sessions.gaps_live` counts it.
 - The numbers of `REASONS` are on disk: append, never renumber.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from echo_core.errors import StoreError
from echo_core.experience.mining import Mined
from echo_core.gaps.life import Break

REASONS: Final = (
    Break.PREFIX_EDITED,
    Break.SUFFIX_EDITED,
    Break.LEFT,
    Break.SWITCHED,
    Break.CLOSED,
    Break.SETTLED,
    Break.EXPIRED,
    Break.REPLACED,
    Break.IMPORTED,
)
NUMBERS: Final = {reason: number for number, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class GapsBroken:
    """Gaps that ended together, by their requests."""

    session: str
    doc: str
    broken_ms: int
    reason: Break
    requests: tuple[str, ...]


def broken(mined: Iterable[Mined]) -> Iterator[GapsBroken]:
    """What ended, in as few rows as its order allows; what was imported never lived."""
    for (session, doc, broken_ms, reason), gaps in groupby(mined, _together):
        if reason is not Break.IMPORTED:
            requests = tuple([gap.request for gap in gaps])
            yield GapsBroken(session, doc, broken_ms, reason, requests)


def _together(one: Mined) -> tuple[str, str, int, Break]:
    return one.session, one.doc, one.broken_at_ms, one.reason


def packed_requests(requests: Sequence[str]) -> bytes:
    """`requests` as a row holds them."""
    first, dot, _ = requests[0].rpartition(".")
    prefix = first + dot
    runs: list[list[int]] = []
    for request in requests:
        tail = request[len(prefix) :]
        # Only what is written as a number is: "01" and digits of other scripts are names.
        if not prefix or not request.startswith(prefix) or not is_number(tail):
            return _json(["", *requests])
        number = int(tail)
        if runs and sum(runs[-1]) == number:
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    return _json([prefix, *runs])


def requests_of(body: bytes) -> list[str]:
    """The reverse of `packed_requests`, in the same order.

    Raises:
        StoreError: the row is damaged.
    """
    try:
        prefix, *rest = json.loads(body.decode("utf-8", "surrogatepass"))
        if not prefix:
            return [str(name) for name in rest]
        return [f"{prefix}{first + at}" for first, count in rest for at in range(count)]
    except (ValueError, TypeError):
        raise StoreError("A gap in the store is damaged: run `echoctl mine --rebuild`.") from None


def is_number(text: str) -> bool:
    """Whether `text` is how a number that is not negative is written, and no other way."""
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0") and len(text) < 16


def _json(values: Sequence[object]) -> bytes:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
