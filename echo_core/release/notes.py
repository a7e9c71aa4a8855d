"""What a client knows about releases from one day to the next.

Left out: the file (`echo_daemon.releases.keeping`), what follows from it (`choice`, `guards`).

Rules
 - Numbers and names of releases; no text of anybody's.
 - What is read and does not fit is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from echo_core.errors import InputError
from echo_core.release import metadata
from echo_core.release.guards import LATENCIES_KEPT, Guard, Tally
from echo_core.release.metadata import Manifest, is_name

FAILED_MAX: Final = 64  # the oldest are forgotten
_IDENTITY_CHARS_MAX: Final = 64
_COUNT_MAX: Final = 10**9


@dataclass(frozen=True, slots=True)
class Notes:
    """All of it. `current` None: the model as it was pulled."""

    identity: str  # random; draws buckets, and is never sent
    current: Manifest | None = None
    arm: str = ""
    before: Manifest | None = None  # what was in use before, and may be gone back to
    pinned: str | None = None
    failed: Mapping[str, Guard] = field(default_factory=dict)  # releases that were given up here
    now: Tally = field(default_factory=Tally)
    then: Tally = field(default_factory=Tally)  # of what was in use before `current`

    @property
    def release(self) -> str:
        """The name of what is in use, or empty."""
        return self.current.release if self.current is not None else ""

    def taken(self, manifest: Manifest | None, arm: str = "") -> Notes:
        """`manifest` is in use from here on."""
        return replace(
            self, current=manifest, arm=arm, before=self.current, now=Tally(), then=self.now
        )

    def given_up(self, guard: Guard) -> Notes:
        """What is in use has failed; what was before it is in use again."""
        return replace(
            self.but(self.release, guard),
            current=self.before,
            arm="",
            before=None,
            now=self.then,
            then=Tally(),
        )

    def but(self, release: str, guard: Guard) -> Notes:
        """`release` has failed here."""
        failed = {**{k: v for k, v in self.failed.items() if k != release}, release: guard}
        return replace(self, failed=dict(list(failed.items())[-FAILED_MAX:]))


def written(notes: Notes) -> dict[str, object]:
    """As JSON has it."""
    return {
        "identity": notes.identity,
        "current": _manifest_table(notes.current),
        "arm": notes.arm,
        "before": _manifest_table(notes.before),
        "pinned": notes.pinned,
        "failed": {release: guard.value for release, guard in notes.failed.items()},
        "now": _tally_table(notes.now),
        "then": _tally_table(notes.then),
    }


def read(table: object) -> Notes:
    """What `written` made.

    Raises:
        InputError: something else did.
    """
    if not isinstance(table, Mapping):
        raise _wrong("form")
    identity, arm, pinned = table.get("identity"), table.get("arm"), table.get("pinned")
    failed = table.get("failed")
    if not isinstance(identity, str) or not 0 < len(identity) <= _IDENTITY_CHARS_MAX:
        raise _wrong("identity")
    if not isinstance(arm, str) or (arm and not all(map(is_name, arm.split(".")))):
        raise _wrong("arm")
    if pinned is not None and not (isinstance(pinned, str) and (not pinned or is_name(pinned))):
        raise _wrong("pin")
    if not isinstance(failed, Mapping) or not set(failed.values()) <= set(Guard):
        raise _wrong("failures")
    return Notes(
        identity=identity,
        current=_manifest(table.get("current")),
        arm=arm,
        before=_manifest(table.get("before")),
        pinned=pinned,
        failed={str(release): Guard(guard) for release, guard in failed.items()},
        now=_tally(table.get("now")),
        then=_tally(table.get("then")),
    )


def _manifest_table(manifest: Manifest | None) -> dict[str, object] | None:
    return None if manifest is None else metadata.written(manifest)


def _manifest(table: object) -> Manifest | None:
    return None if table is None else metadata.read(table)


def _tally_table(tally: Tally) -> dict[str, object]:
    return {
        "latencies_ms": [round(each, 1) for each in tally.latencies_ms],
        "shown": tally.shown,
        "accepted": tally.accepted,
        "crashes_ms": list(tally.crashes_ms),
    }


def _tally(table: object) -> Tally:
    if not isinstance(table, Mapping):
        raise _wrong("counters")
    shown, accepted = table.get("shown"), table.get("accepted")
    if not _is_count(shown) or not _is_count(accepted):
        raise _wrong("counters")
    latencies, crashes = (_numbers(table.get(name)) for name in ("latencies_ms", "crashes_ms"))
    return Tally(latencies, int(str(shown)), int(str(accepted)), crashes)


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) > LATENCIES_KEPT:
        raise _wrong("counters")
    if not all(type(each) in (int, float) and 0 <= each < float("inf") for each in value):
        raise _wrong("counters")
    return tuple(map(float, value))


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= _COUNT_MAX


def _wrong(what: str) -> InputError:
    return InputError(f"The notes about releases have no right {what}: delete them.")
