"""What the user chose about recording, on this machine and in folders of it: an append-only file,
and what holds now.

Left out: contributing samples and sending metrics (no part of this version does either).

Rules
 - Off until chosen. The strictest wins: the choice for the machine, those for folders (one that
   is off is off with all that lies in it), and the environment (`DO_NOT_TRACK`, CI).
 - A choice is on disk before it is acknowledged; it is never rewritten.
 - A choice holds for the text that was shown; after the text changed it must be made again.
 - A file that cannot be understood means no. Only an unfinished last line (a crash while it was
   written, so nobody was told that it holds) is passed over, unless it says no.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import StoreError
from echo_core.wire import ConsentChoice, ConsentState
from echo_daemon.store.keys import sync_folder

CONSENT_TEXT_VERSION: Final = "1"
CONSENT_TEXT: Final = """\
Echo may record on this machine what you edit: the text of the files you open, every edit,
what was proposed to you and what you did with it.
The record is encrypted, its key is on this machine, and nothing of it leaves this machine.
You can switch recording off at any time and delete the record.
"""
CONSENT_TEXT_HASH: Final = hashlib.sha256(CONSENT_TEXT.encode()).hexdigest()
CONSENT_BYTES_MAX: Final = 1 << 20  # 5,000 changes of mind

_TURN_ON: Final = "switch it on with `echoctl consent record on`."
_NO: Final = ("", "0", "false", "no", "off")  # how these two variables are denied in practice


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One line of the file."""

    at_ms: int
    record: bool
    by: str
    text_version: str
    text_hash: str
    workspace: str  # a folder's path; empty: the machine


class ConsentLog:
    """The file of choices. Reads the file at every question: it is short, and others write it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def current(self, environment: Mapping[str, str], *, explicit: bool) -> ConsentState:
        """What was chosen, what holds, and why.

        `explicit`: the profile is a throw-away one that a program made for recording a session of
        its own (a replay), so there is no person whom the environment could protect.
        """
        try:
            records = self._holding()
        except StoreError as error:
            return _state(record=False, chosen=False, reason=str(error))
        state = _machine(records.pop("", None), environment, explicit=explicit)
        off = sorted(folder for folder, record in records.items() if not record.record)
        return replace(state, workspaces_off=off)

    def choose(self, choice: ConsentChoice) -> ConsentRecord:
        """Write a choice down; it is on disk when this returns.

        Raises:
            StoreError: it could not be written or the file is damaged; what held before holds.
        """
        kept, _ = _split(self._content())
        _records(kept)  # a damaged file stays as it is, for a person to look at
        record = ConsentRecord(
            at_ms=self._clock.wall_ms(),
            record=choice.record,
            by=choice.by,
            text_version=CONSENT_TEXT_VERSION,
            text_hash=CONSENT_TEXT_HASH,
            workspace=choice.workspace,
        )
        try:
            self._append(len(kept), _line(record))
        except OSError as error:
            raise StoreError(
                f"Your choice could not be written ({error.strerror}): "
                "make Echo's data folder writable, and free some space."
            ) from error
        return record

    def _holding(self) -> dict[str, ConsentRecord]:
        """The newest choice for each folder, and for the machine."""
        kept, rest = _split(self._content())
        records = _records(kept)
        try:
            unfinished = _record(rest)
        except StoreError:
            unfinished = None
        if unfinished is not None and not unfinished.record:
            records.append(unfinished)
        return {record.workspace: record for record in records}

    def _content(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                content = file.read(CONSENT_BYTES_MAX + 1)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise StoreError(
                f"Recording is off: the record of your choices cannot be read ({error.strerror})."
            ) from error
        if len(content) > CONSENT_BYTES_MAX:
            raise StoreError(_DAMAGED)
        return content

    def _append(self, kept_bytes: int, line: bytes) -> None:
        new = not self._path.exists()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # An unfinished line was never acknowledged; left there it would spoil this one.
            os.ftruncate(handle, kept_bytes)
            os.pwrite(handle, line, kept_bytes)
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            sync_folder(self._path.parent)


_DAMAGED: Final = (
    "Recording is off: the record of your choices (consent.jsonl) is damaged; "
    "move it away and choose again."
)


def _state(*, record: bool, chosen: bool, reason: str) -> ConsentState:
    return ConsentState(record, chosen, reason, CONSENT_TEXT_VERSION)


def _machine(
    last: ConsentRecord | None, environment: Mapping[str, str], *, explicit: bool
) -> ConsentState:
    """What holds for the machine, after its newest choice."""
    if last is None:
        return _state(record=False, chosen=False, reason=f"Recording is off: {_TURN_ON}")
    if not last.record:
        return _state(record=False, chosen=False, reason=f"You switched it off: {_TURN_ON}")
    if last.text_hash != CONSENT_TEXT_HASH:
        reason = f"What you agreed to has changed since: read it again and {_TURN_ON}"
        return _state(record=False, chosen=True, reason=reason)
    variable = None if explicit else _objection(environment)
    if variable is not None:
        reason = f"{variable} is set in the environment, which is stricter than your choice."
        return _state(record=False, chosen=True, reason=reason)
    return _state(record=True, chosen=True, reason="You switched recording on.")


def _objection(environment: Mapping[str, str]) -> str | None:
    for variable in ("DO_NOT_TRACK", "CI"):
        if environment.get(variable, "").strip().lower() not in _NO:
            return variable
    return None


def _line(record: ConsentRecord) -> bytes:
    values = {
        "at_ms": record.at_ms,
        "record": record.record,
        "by": record.by,
        "text_version": record.text_version,
        "text_hash": record.text_hash,
    }
    if record.workspace:
        values["workspace"] = record.workspace
    return json.dumps(values).encode("ascii") + b"\n"


def _split(content: bytes) -> tuple[bytes, bytes]:
    """The finished lines, and what follows them: a line whose writing was cut off."""
    end = content.rfind(b"\n") + 1
    return content[:end], content[end:]


def _records(finished: bytes) -> list[ConsentRecord]:
    return [_record(line) for line in finished.split(b"\n")[:-1]]


def _record(line: bytes) -> ConsentRecord:
    """One line.

    Raises:
        StoreError: it is not one of ours.
    """
    try:
        values: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise StoreError(_DAMAGED) from error
    match values:
        case {
            "at_ms": int(at_ms),
            "record": bool(record),
            "by": str(by),
            "text_version": str(version),
            "text_hash": str(text_hash),
            **rest,
        } if isinstance(workspace := rest.get("workspace", ""), str):
            return ConsentRecord(at_ms, record, by, version, text_hash, workspace)
        case _:
            raise StoreError(_DAMAGED)
