"""The trainer's keys: fetched, believed because the pinned root key signed them, kept for a day.

Left out: what is sealed with them (`packing`), what is confirmed by them (`sending`).

Rules
 - A list whose version is below one that was seen is an old one, and not believed.
 - Which root key an intake was pinned to stays known, so that what a former trainer confirms can be
   judged, too.
 - A receipt counts where the key signed it that the trainer's list names. The list may be from
   yesterday and the key from today: before a receipt is refused, the list is fetched again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from echo_core.errors import SharingError
from echo_core.sharing.bundle.contents import day_of
from echo_core.sharing.bundle.envelope import Said, TrainerKey, TrainerKeys, key_for
from echo_core.sharing.bundle.sending import Fate, fate
from echo_daemon.sharing.api import Note, Others, SharingOptions

KEYS_MS: Final = 86_400_000  # a list of keys is fetched again after so long
_LIST: Final = "keys:"  # each with the intake behind it
_FETCHED: Final = "keys_ms:"
_VERSION: Final = "keys_version:"
_ROOT: Final = "keys_root:"
_FORGED: Final = (
    "The receipt of the trainer's intake is not signed by the key that the trainer's list names, "
    "so nothing counts as received: check `sharing.intake` and `sharing.root_key`, or tell whoever "
    "looks after the trainer."
)


class KeyLists:
    """The lists of all trainers that something was ever sealed for."""

    def __init__(self, others: Others, options: SharingOptions) -> None:
        self._outbox = others.outbox
        self._sealer = others.sealer
        self._intake = others.intake
        self._clock = others.clock
        self._options = options

    async def to_seal(self) -> TrainerKey:
        """The key to seal with today.

        Raises:
            SharingError: there is none that can be trusted.
        """
        intake = self._options.intake
        now_ms = self._clock.wall_ms()
        fetched_ms = await self._outbox.note(_FETCHED + intake)
        is_fresh = isinstance(fetched_ms, int) and 0 <= now_ms - fetched_ms < KEYS_MS
        kept = await self._kept(intake) if is_fresh else None
        key = key_for(kept or await self._fetched(intake), day_of(now_ms))
        if key is None:
            raise SharingError(
                "The trainer has no key for today: tell whoever looks after the trainer."
            )
        return key

    async def confirms(self, content: bytes, said: Said, of: str, intake: str) -> bool:
        """Whether a trainer's intake confirms something; False where this is no receipt of it.

        Raises:
            SharingError: it is one, and the signature is not the trainer's or cannot be checked.
        """
        if not self._sealer.is_receipt(content, said, of):
            return False
        kept = await self._kept(intake)
        if kept is not None and self._sealer.signed_receipt(content, kept.receipts):
            return True
        if not self._sealer.signed_receipt(content, (await self._fetched(intake)).receipts):
            raise SharingError(_FORGED)
        return True

    async def roots(self) -> Mapping[str, Note]:
        """Which root key each intake was pinned to, as notes to keep."""
        intakes = {wish.intake for wish in await self._outbox.wishes()}
        return {_ROOT + intake: await self._root(intake) for intake in intakes}

    async def _root(self, intake: str) -> str:
        pinned = await self._outbox.note(_ROOT + intake)
        if intake == self._options.intake or not isinstance(pinned, str):
            return self._options.root_key
        return pinned

    async def _kept(self, intake: str) -> TrainerKeys | None:
        """The list that was fetched before, if it may still be believed."""
        signed, root = await self._outbox.note(_LIST + intake), await self._root(intake)
        if not isinstance(signed, bytes):
            return None
        try:
            return self._trusted(signed, root, 0)
        except SharingError:
            return None

    async def _fetched(self, intake: str) -> TrainerKeys:
        answer = await self._intake.keys(intake)
        if fate(answer.status) is not Fate.DONE:
            raise SharingError(
                f"The trainer's intake gave no keys (status {answer.status}): "
                "it is tried again later."
            )
        root = await self._root(intake)
        same = await self._outbox.note(_ROOT + intake) == root
        seen = await self._outbox.note(_VERSION + intake) if same else 0
        keys = self._trusted(answer.content, root, seen if isinstance(seen, int) else 0)
        await self._outbox.set_notes(
            {
                _LIST + intake: answer.content,
                _ROOT + intake: root,
                _FETCHED + intake: self._clock.wall_ms(),
                _VERSION + intake: keys.version,
            }
        )
        return keys

    def _trusted(self, signed: bytes, root: str, version_min: int) -> TrainerKeys:
        day = day_of(self._clock.wall_ms())
        return self._sealer.trusted(signed, root, version_min=version_min, day=day)
