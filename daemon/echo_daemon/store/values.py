"""Rows of the store as values: numbers, samples, looks.

Left out: the SQL that finds them (`queries`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from echo_core.errors import StoreError
from echo_core.experience.looks import Look, Moment, Place
from echo_core.experience.sample import Sample
from echo_core.gaps.life import Break
from echo_core.records.wire import SampleRow
from echo_daemon.store.database import Value
from echo_daemon.store.texts import SampleTexts, split, text_of, unpacked


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of an editor; `session` is the name that events were appended under."""

    session: str
    started_ms: int
    last_ms: int
    client: str
    roots: tuple[str, ...]
    events: int


def whole_sample(row: Mapping[str, Value], texts: SampleTexts) -> Sample:
    """The sample of a row and its texts."""
    opened_ms = integer(row["opened_ms"])
    return Sample(
        request=str(row["request"]),
        doc=str(row["doc"]),
        language=str(row["language"]),
        prefix=texts.prefix,
        target=texts.target,
        suffix=texts.suffix,
        proposal=texts.proposal,
        proposal_id=str(row["proposal"]),
        model=str(row["model"]),
        accepted_chars=integer(row["accepted_chars"]),
        kept_chars=integer(row["kept_chars"]),
        break_reason=Break(str(row["reason"])),
        opened_at_ms=opened_ms,
        broken_at_ms=opened_ms + integer(row["lived_ms"]),
        grown_chars=integer(row["grown_chars"]),
        undone=bool(row["undone"]),
        deleted=bool(row["deleted"]),
        shown=bool(row["shown"]),
    )


def look_of(row: Mapping[str, Value]) -> Look:
    """The look of a row."""
    text = row["zstd"]
    return Look(
        request=str(row["request"]),
        moment=Moment(str(row["moment"])),
        at_ms=integer(row["at_ms"]),
        place=Place(str(row["place"])),
        confidence=real(row["confidence"]),
        target_chars=integer(row["target_chars"]),
        kept_chars=integer(row["kept_chars"]),
        accepted_chars=integer(row["accepted_chars"]),
        accepted_kept_chars=integer(row["accepted_kept_chars"]),
        now_chars=integer(row["now_chars"]),
        distance=integer(row["distance"]),
        in_file=bool(row["in_file"]),
        text=text_of(unpacked(text)) if isinstance(text, bytes) else "",
    )


def integer(value: Value) -> int:
    """A whole number of a row."""
    if not isinstance(value, int):
        raise StoreError("A number in the store is damaged: run `echoctl doctor`.")
    return value


def real(value: Value) -> float:
    """A number of a row."""
    if not isinstance(value, int | float):
        raise StoreError("A number in the store is damaged: run `echoctl doctor`.")
    return float(value)


def blob(value: Value) -> bytes:
    """Bytes of a row: a text or an event."""
    if not isinstance(value, bytes):
        raise StoreError("A text in the store is damaged: run `echoctl doctor`.")
    return value


def session_row(row: Mapping[str, Value]) -> SessionRow:
    """The session of a row."""
    return SessionRow(
        session=str(row["name"]),
        started_ms=integer(row["started_ms"]),
        last_ms=integer(row["last_ms"]),
        client=str(row["client"]),
        roots=tuple(map(str, json.loads(str(row["roots"])))),
        events=integer(row["events"]),
    )


def sample_row(row: Mapping[str, Value]) -> SampleRow:
    """The sample of a row, without its texts."""
    return SampleRow(
        id=integer(row["id"]),
        doc=str(row["doc"]),
        language=str(row["language"]),
        opened_at_ms=integer(row["opened_ms"]),
        lived_ms=integer(row["lived_ms"]),
        break_reason=str(row["reason"]),
        target_chars=integer(row["target_chars"]),
        target_lines=integer(row["target_lines"]),
        accepted_chars=integer(row["accepted_chars"]),
        proposed_chars=integer(row["proposed_chars"]),
        state=str(row["state"]),
        cause=str(row["cause"]),
        cut_chars=integer(row["cut_chars"]),
        quality=real(row["quality"]),
        model=str(row["model"]),
        kept_chars=integer(row["kept_chars"]),
    )


def texts_of(row: Mapping[str, Value]) -> SampleTexts:
    """The texts of a sample's row, with its base, and what that is read with."""
    base: bytes | None = None
    if isinstance(row["base"], bytes):
        root = row["root"]
        base = unpacked(row["base"], unpacked(root) if isinstance(root, bytes) else None)
    return split(unpacked(blob(row["zstd"]), base))
