"""What people ask about releases, in the words of the wire.

Left out: what becomes of it (`echo_daemon.updates`).
"""

from __future__ import annotations

from echo_core.errors import InputError
from echo_core.records.wire import ReleasePin, ReleaseRow, ReleasesState
from echo_core.release.choice import BASE, Refusal
from echo_core.release.metadata import is_name
from echo_daemon.updates.updater import Updates


class Releasing:
    """The releases of one profile, for its fronts."""

    def __init__(self, updates: Updates, address: str, channel: str) -> None:
        self._updates = updates
        self._address = address
        self._channel = channel

    def state(self) -> ReleasesState:
        """All of it."""
        notes = self._updates.notes
        rows = [
            ReleaseRow(each.release, state, kind=each.kind, bytes=each.bytes)
            for each, state in ((notes.current, "in_use"), (notes.before, "before"))
            if each is not None
        ]
        rows += [ReleaseRow(name, "failed", why.sentence) for name, why in notes.failed.items()]
        rows += [
            ReleaseRow(name, "refused", self._why(name, why))
            for name, why in self._updates.refused.items()
            if name not in notes.failed
        ]
        return ReleasesState(
            repository=self._address,
            channel=self._channel,
            release=notes.release,
            arm=notes.arm,
            pinned=notes.pinned is not None,
            pin=notes.pinned or BASE,
            checked_ms=self._updates.checked_ms,
            empty=self._updates.is_empty,
            problem=self._updates.problem,
            rows=rows,
        )

    def _why(self, release: str, refusal: Refusal) -> str:
        said = self._updates.blocked.get(release) if refusal is Refusal.BLOCKED else None
        return f"{refusal.sentence}: {said}" if said else refusal.sentence

    async def check(self) -> ReleasesState:
        """Ask the repository now."""
        await self._updates.check(by_hand=True)
        return self.state()

    async def pin(self, choice: ReleasePin) -> ReleasesState:
        """Stay with a release, or follow the channel again.

        Raises:
            InputError: that is no release's name.
        """
        if not choice.pinned:
            await self._updates.unpin()
        elif choice.release == BASE or is_name(choice.release):
            await self._updates.pin(choice.release)
        else:
            raise InputError("That is no release's name: `echoctl models releases` lists them.")
        return self.state()

    async def rollback(self) -> ReleasesState:
        """Go back to what was in use before.

        Raises:
            InputError: no release is in use.
        """
        if not self._updates.notes.release:
            raise InputError("No release is in use: there is nothing to go back to.")
        await self._updates.go_back()
        return self.state()
