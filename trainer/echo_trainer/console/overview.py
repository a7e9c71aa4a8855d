"""The first page: what there is of everything, what is wrong, and what comes next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature

from echo_core.errors import InputError, TrainerError
from echo_core.sharing.bundle.envelope import TrainerKeys
from echo_trainer.console import steps
from echo_trainer.console.datasets import VersionRow, versions
from echo_trainer.console.parts import Page, Parts, Problems
from echo_trainer.console.releases import Releases, is_released, releases
from echo_trainer.console.runs import RunRow, runs
from echo_trainer.keys.signatures import trainer_keys
from echo_trainer.tables import figures, tokens
from echo_trainer.tables.schema import BundleState, DeletionState

_LOG: Final = "intake.log"
_LOG_BYTES: Final = 16 << 10  # of its end: some minutes of lines
_LATE_S: Final = 180  # intake writes a line every minute


@dataclass(frozen=True, slots=True)
class Keys:
    """The trainer's keys as clients see them; `expires` is empty where there are none."""

    expires: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """What its log says."""

    words: str
    runs: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The page."""

    next: Sequence[str]
    problems: Sequence[str]
    keys: Keys
    intake: Intake
    tokens: int
    bundles: int
    waiting: int
    open_wishes: int
    newest: VersionRow | None
    versions: int
    runs: int
    released: Releases


def overview(parts: Parts) -> Overview:
    """Everything, as far as it can be read."""
    problems = Problems()
    keys = problems.told(lambda: keys_of(parts)) or Keys()
    fates = problems.told(lambda: parts.read(figures.fates)) or []
    wishes = problems.told(lambda: parts.read(figures.wishes_by_state)) or {}
    known = problems.told(lambda: parts.read(tokens.listed)) or []
    made = problems.told(lambda: versions(parts, 0)) or Page((), 0, 0)
    released = problems.told(lambda: releases(parts)) or Releases()
    problems += released.problems
    waiting = sum(one.bundles for one in fates if one.state is BundleState.RECEIVED)
    today = parts.today.isoformat()
    trained = problems.told(lambda: runs(parts, 0)) or Page((), 0, 0)
    run, lacks, kind = _lacking(trained, parts)
    stand = steps.Stand(
        has_keys=bool(keys.expires),
        keys_are_over=keys.is_over,
        admits=parts.is_open or any(one.holds(today) for one in known),
        has_arrived=bool(fates or made.total),
        waiting=waiting,
        open_wishes=wishes.get(DeletionState.OPEN, 0),
        version=made.rows[0].name if made.rows else "",
        is_begun=released.is_begun,
        has_drafts=bool(released.drafts),
        expired=tuple(one.role for one in released.roles if one.is_over),
        unplaced=tuple(
            one.manifest.release
            for one in released.releases.rows
            if not one.given and not one.blocked
        ),
        run=run,
        lacks=lacks,
        kind=kind,
    )
    return Overview(
        next=steps.next_steps(stand),
        problems=problems,
        keys=keys,
        intake=intake_of(parts.home.logs, parts.clock.wall_ms()),
        tokens=sum(one.holds(today) for one in known),
        bundles=sum(one.bundles for one in fates),
        waiting=waiting,
        open_wishes=stand.open_wishes,
        newest=made.rows[0] if made.rows else None,
        versions=made.total,
        runs=trained.total,
        released=released,
    )


def _lacking(trained: Page[RunRow], parts: Parts) -> tuple[str, str, str]:
    """The newest run, what it lacks until it is released, and for which of its files."""
    if not trained.rows:
        return "", "", ""
    newest = trained.rows[0]
    for one in newest.files:
        if one.verdict is None:
            return newest.name, "verdict", one.kind
        if one.verdict.passed and not is_released(parts, one.verdict_sha256):
            return newest.name, "release", one.kind
    return newest.name, "" if newest.files else "shipped", ""


def keys_of(parts: Parts) -> Keys:
    """Until when the list of keys holds.

    Raises:
        TrainerError: it is no list, or another key signed it.
    """
    home = parts.home
    if not home.key_list.exists():
        return Keys()
    try:
        root = home.root_public.read_text("utf-8").strip()
        found: TrainerKeys = trainer_keys(home.key_list.read_bytes(), root)
    except (OSError, InputError, InvalidSignature, ValueError) as error:
        raise TrainerError(
            "The list of keys cannot be believed: `echo-trainer keys show`, or take it from a copy."
        ) from error
    return Keys(found.expires, date.fromisoformat(found.expires) < parts.today)


def intake_of(logs: Path, now_ms: int) -> Intake:
    """Whether an intake of this home runs: it writes a line every minute."""
    try:
        with (logs / _LOG).open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _LOG_BYTES))
            lines = file.read().decode("utf-8", errors="replace").split("\n")
    except OSError:
        return Intake("no intake has run on this home", runs=False)
    for line in reversed(lines):
        try:
            said = json.loads(line)
            event, at = str(said["event"]), datetime.fromisoformat(str(said["at"]))
        except (ValueError, TypeError, KeyError):
            continue
        if event == "intake.stopped":
            return Intake(f"stopped {at:%Y-%m-%d %H:%M} UTC", runs=False)
        if now_ms / 1000 - at.timestamp() < _LATE_S:
            return Intake("runs", runs=True)
        return Intake(f"not heard of since {at:%Y-%m-%d %H:%M} UTC", runs=False)
    return Intake("its log says nothing yet", runs=False)
