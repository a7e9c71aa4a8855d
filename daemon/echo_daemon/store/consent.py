"""What the user chose, on this machine and in folders of it: an append-only file, and what holds.

Also in it: what each editor said of its own telemetry setting, when that changed.

Left out: who may say no and which no counts (`echo_core.sharing.consent`), what people are shown
(`echo_core.sharing.consent_text`).

Rules
 - A choice is on disk before it is acknowledged; it is never rewritten.
 - A choice holds for the text that was shown; after the text changed it must be made again.
 - A file that cannot be understood means no. Only an unfinished last line (a crash while it was
   written, so nobody was told that it holds) is passed over, unless it says no.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeAlias

from echo_core.clock import Clock
from echo_core.errors import StoreError
from echo_core.places import holds
from echo_core.records.wire import ConsentChoice, ConsentState
from echo_core.sharing.consent import (
    Answer,
    Circumstances,
    Decision,
    Policy,
    Right,
    Rule,
    Switch,
    Telemetry,
    decide,
    is_set,
    right_of,
)
from echo_core.sharing.consent_text import VERSION, text_digest
from echo_daemon.store.keys import sync_folder

CONSENT_BYTES_MAX: Final = 1 << 20  # 5,000 changes of mind


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One choice."""

    at_ms: int
    switch: Switch
    on: bool
    by: str
    text_version: str
    text_hash: str
    workspace: str = ""  # a folder's path; empty: the machine
    right: bool = False  # the person said "I have the right to share this"

    @property
    def says_no(self) -> bool:
        """Whether it takes something away."""
        return not self.on


@dataclass(frozen=True, slots=True)
class EditorRecord:
    """What an editor said of its own telemetry setting."""

    at_ms: int
    editor: str
    telemetry: bool

    @property
    def says_no(self) -> bool:
        """Whether it takes something away."""
        return not self.telemetry


_Line: TypeAlias = ConsentRecord | EditorRecord


@dataclass(frozen=True, slots=True)
class Said:
    """What holds of all lines: the newest choice for each switch and folder, and of each editor."""

    choices: Mapping[tuple[Switch, str], ConsentRecord]
    editors: Mapping[str, bool]

    def answer(self, switch: Switch, folder: str = "") -> Answer:
        """What was said for the machine, or for one folder."""
        last = self.choices.get((switch, folder))
        if last is None:
            return Answer.UNASKED
        if not last.on:
            return Answer.NO
        return Answer.YES if last.text_hash == text_digest(switch) else Answer.OUTDATED

    def folders(self, switch: Switch, path: str) -> list[ConsentRecord]:
        """The choices for folders that hold `path`."""
        return [
            record
            for (of, folder), record in self.choices.items()
            if of is switch and folder and _is_inside(folder, path)
        ]

    @property
    def telemetry(self) -> Telemetry:
        """What the editors say together: one that is off is enough."""
        if not self.editors:
            return Telemetry.UNSAID
        return Telemetry.ON if all(self.editors.values()) else Telemetry.OFF


def _is_inside(folder: str, path: str) -> bool:
    """Whether `path` lies in a folder, as it is named or where the names lead."""
    real = os.path.realpath(path)
    return holds(folder, path) or holds(folder, real) or holds(os.path.realpath(folder), real)


_UNREADABLE: Final = Circumstances(Answer.UNREADABLE)


class ConsentLog:
    """The file of choices. Reads the file at every question: it is short, and others write it."""

    def __init__(self, path: Path, clock: Clock, policy: Callable[[], Policy] = Policy) -> None:
        """`policy`: what the organisation allows now."""
        self._path = path
        self._clock = clock
        self._policy = policy

    # --- what holds ---------------------------------------------------------------------------

    def decide(
        self,
        switch: Switch,
        environment: Mapping[str, str],
        *,
        explicit: bool = False,
        path: str = "",
        licences: frozenset[str] = frozenset(),
    ) -> Decision:
        """Whether `switch` is on for the machine, or, with `path`, for what lies there.

        `explicit`: the profile is a throw-away one that a program made for recording a session of
        its own (a replay), so there is no person whom the environment could protect.
        """
        try:
            said = self._said()
        except StoreError:
            return decide(switch, _UNREADABLE)
        inside = said.folders(switch, path) if path else []
        return decide(
            switch,
            Circumstances(
                user=said.answer(switch),
                folder=_folder_answer(said, inside),
                policy=self._policy().stance(switch),
                editor=said.telemetry,
                do_not_track=not explicit and is_set(environment.get("DO_NOT_TRACK")),
                ci=not explicit and is_set(environment.get("CI")),
                right=_right(inside, licences) if path else Right.NOT_ASKED,
            ),
        )

    def current(self, environment: Mapping[str, str], *, explicit: bool) -> ConsentState:
        """What holds for recording, and why."""
        try:
            said = self._said()
        except StoreError as error:
            reason = str(error)
            return ConsentState(record=False, overruled=True, reason=reason, text_version=VERSION)
        decision = self.decide(Switch.RECORD, environment, explicit=explicit)
        return ConsentState(
            record=decision.allowed,
            overruled=not decision.allowed
            and said.answer(Switch.RECORD) in (Answer.YES, Answer.OUTDATED),
            reason=decision.reason,
            text_version=VERSION,
            workspaces_off=self.folders_off(Switch.RECORD),
        )

    def folders_off(self, switch: Switch) -> list[str]:
        """The folders in which something was switched off."""
        return [record.workspace for record in self.folders(switch) if not record.on]

    def folders(self, switch: Switch) -> list[ConsentRecord]:
        """The newest choice for each folder."""
        try:
            choices = self._said().choices
        except StoreError:
            return []
        found = [(folder, record) for (of, folder), record in choices.items() if of is switch]
        return [record for folder, record in sorted(found, key=lambda pair: pair[0]) if folder]

    def editors(self) -> Mapping[str, bool]:
        """Whether each editor's telemetry is on, as it last said."""
        try:
            return self._said().editors
        except StoreError:
            return {}

    def answer(self, switch: Switch) -> Answer:
        """What the person said for the machine."""
        try:
            return self._said().answer(switch)
        except StoreError:
            return Answer.UNREADABLE

    def was_given(self, switch: Switch) -> bool:
        """Whether the person ever said yes; also where nobody can tell any more."""
        try:
            return any(record.switch is switch and record.on for record in self.history())
        except StoreError:
            return True

    def since_ms(self, switch: Switch) -> int | None:
        """Since when the person says yes to today's text, for the machine; None where they do not.

        Saying it again changes nothing.
        """
        since: int | None = None
        try:
            history = self.history()
        except StoreError:
            return None
        for record in history:
            if record.switch is switch and not record.workspace:
                yes = record.on and record.text_hash == text_digest(switch)
                since = (since if since is not None else record.at_ms) if yes else None
        return since

    def history(self) -> list[ConsentRecord]:
        """Every choice that was made, oldest first.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        return [line for line in self._lines() if isinstance(line, ConsentRecord)]

    # --- writing ------------------------------------------------------------------------------

    def choose(
        self, choice: ConsentChoice, switch: Switch = Switch.RECORD, *, right: bool = False
    ) -> ConsentRecord:
        """Write a choice down; it is on disk when this returns.

        Raises:
            StoreError: it could not be written or the file is damaged; what held before holds.
        """
        record = ConsentRecord(
            at_ms=self._clock.wall_ms(),
            switch=switch,
            on=choice.record,
            by=choice.by,
            text_version=VERSION,
            text_hash=text_digest(switch),
            workspace=choice.workspace,
            right=right,
        )
        self._write(record)
        return record

    def editor_says(self, editor: str, *, telemetry: bool) -> bool:
        """Note an editor's own setting, where it is another than last time; whether it was.

        Raises:
            StoreError: as in `choose`.
        """
        if self._said().editors.get(editor) is telemetry:
            return False
        self._write(EditorRecord(self._clock.wall_ms(), editor, telemetry))
        return True

    def _write(self, line: _Line) -> None:
        kept, _ = _split(self._content())
        _parsed(kept)  # a damaged file stays as it is, for a person to look at
        try:
            self._append(len(kept), _written(line))
        except OSError as error:
            raise StoreError(
                f"Your choice could not be written ({error.strerror}): "
                "make Echo's data folder writable, and free some space."
            ) from error

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

    # --- reading ------------------------------------------------------------------------------

    def _said(self) -> Said:
        lines = self._lines()
        return Said(
            {
                (line.switch, line.workspace): line
                for line in lines
                if isinstance(line, ConsentRecord)
            },
            {line.editor: line.telemetry for line in lines if isinstance(line, EditorRecord)},
        )

    def _lines(self) -> list[_Line]:
        kept, rest = _split(self._content())
        lines = _parsed(kept)
        try:
            unfinished = _line(rest)
        except StoreError:
            unfinished = None
        if unfinished is not None and unfinished.says_no:
            lines.append(unfinished)
        return lines

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


def _folder_answer(said: Said, inside: Iterable[ConsentRecord]) -> Answer:
    """What was said for the folders that hold a path: the strictest of them."""
    answers = {said.answer(record.switch, record.workspace) for record in inside}
    if Answer.NO in answers:
        return Answer.NO
    return Answer.YES if Answer.YES in answers else Answer.UNASKED


def _right(inside: Iterable[ConsentRecord], licences: frozenset[str]) -> Right:
    return right_of(licences, stated=any(record.on and record.right for record in inside))


# --- one line of the file -----------------------------------------------------------------------

_DAMAGED: Final = Decision(Switch.RECORD, Rule.UNREADABLE).reason


def _written(line: _Line) -> bytes:
    values = {name: value for name, value in asdict(line).items() if value not in ("", None)}
    return json.dumps(values).encode("ascii") + b"\n"


def _split(content: bytes) -> tuple[bytes, bytes]:
    """The finished lines, and what follows them: a line whose writing was cut off."""
    end = content.rfind(b"\n") + 1
    return content[:end], content[end:]


def _parsed(finished: bytes) -> list[_Line]:
    return [_line(line) for line in finished.split(b"\n")[:-1]]


def _line(line: bytes) -> _Line:
    """One line.

    Raises:
        StoreError: it is not one of ours.
    """
    try:
        values: object = json.loads(line)
        match values:
            case {
                "at_ms": int(at_ms),
                "switch": str(switch),
                "on": bool(on),
                "by": str(by),
                "text_version": str(version),
                "text_hash": str(text_hash),
                **rest,
            } if isinstance(workspace := rest.get("workspace", ""), str):
                right = rest.get("right") is True
                return ConsentRecord(
                    at_ms, Switch(switch), on, by, version, text_hash, workspace, right
                )
            case {"at_ms": int(at_ms), "editor": str(editor), "telemetry": bool(telemetry)}:
                return EditorRecord(at_ms, editor, telemetry)
            case _:
                raise StoreError(_DAMAGED)
    except (ValueError, RecursionError) as error:
        raise StoreError(_DAMAGED) from error
