"""Fetching one model: the sources in order, each checked, until one has given the right bytes.

Left out: locks, final names and full disks (`shelf`), how bytes travel (`sources`).

Rules
 - What a source left is believed only after its size and SHA-256 were read back from the disk.
 - What was resumed and turned out wrong is fetched once more, whole, from the same source: the
   rubbish may have been here, not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from echo_core.errors import ModelError
from echo_daemon.models.progress import Progress, size_text
from echo_daemon.models.sources.source import Source, SourceError, SourceName, SourceProblem
from echo_engine.catalogue import Entry
from echo_runtime import files

CheckRoom = Callable[[int], None]  # raises ModelError where that many bytes do not fit


def fetch(
    entry: Entry,
    partial: Path,
    sources: Sequence[Source],
    check_room: CheckRoom,
    progress: Progress,
) -> SourceName | None:
    """Leave the right bytes in `partial`; returns who gave them, None where they were here.

    Raises:
        ModelError: no source gave them, or there is no room; the sentence says what is kept.
        OSError: the disk refuses; what arrived is kept.
    """
    if _is_right(entry, partial, progress):  # killed between the last byte and the final name
        return None
    said: list[tuple[SourceName, SourceError]] = []
    for source in sources:
        try:
            _from(source, entry, partial, check_room, progress)
        except SourceError as error:
            said.append((source.name, error))
            if source is not sources[-1]:
                progress.says(f"{source.name}: {error}; trying the next source.")
        else:
            return source.name
    raise _nobody_gave(entry, said, kept_bytes(entry, partial, sources))


def kept_bytes(entry: Entry, partial: Path, sources: Sequence[Source]) -> int:
    """The most that any of the sources could go on from."""
    return max((source.kept_bytes(entry, partial) for source in sources), default=0)


def _from(
    source: Source, entry: Entry, partial: Path, check_room: CheckRoom, progress: Progress
) -> None:
    if not source.offers(entry):
        raise SourceError(
            SourceProblem.NOT_OFFERED, "the catalogue knows no place for this model there"
        )
    check_room(source.room_bytes(entry, partial))
    kept = source.kept_bytes(entry, partial)
    if kept:
        progress.says(f"{source.name}: going on from {size_text(kept)} that are here already.")
    source.fetch(entry, partial, progress)
    if _is_right(entry, partial, progress):
        return
    source.forget(entry, partial)
    if kept:
        progress.says(f"{source.name}: what was kept does not fit; starting anew.")
        source.fetch(entry, partial, progress)
        if _is_right(entry, partial, progress):
            return
        source.forget(entry, partial)
    raise SourceError(
        SourceProblem.WRONG_CONTENT,
        "what it gave is not this model (wrong SHA-256) and was dropped",
    )


def _is_right(entry: Entry, partial: Path, progress: Progress) -> bool:
    if files.size_of(partial) != entry.bytes:
        return False
    return entry.sha256 == files.sha256_of(
        partial, lambda done: progress.at("verifying", done, entry.bytes)
    )


def _nobody_gave(entry: Entry, said: list[tuple[SourceName, SourceError]], kept: int) -> ModelError:
    reasons = "; ".join(f"{name}: {error}" for name, error in said)
    problems = {error.problem for _, error in said} - {SourceProblem.NOT_OFFERED}
    if not problems:
        remedy = "leave --from away"
    elif problems <= {SourceProblem.NO_NETWORK, SourceProblem.CUT}:
        remedy = "connect this machine and run the same command again"
    else:
        remedy = f"fetch {entry.file} elsewhere and run `echoctl models add FILE`"
    left = f" ({size_text(kept)} are kept)" if kept else ""
    return ModelError(f"{entry.name} could not be fetched{left}: {reasons}; {remedy}.")
