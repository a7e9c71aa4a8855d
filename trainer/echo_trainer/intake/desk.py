"""Intake as the API asks for it: keys, how much arrived, an upload, a wish.

Left out: HTTP, addresses (`echo_trainer.api`).

Rules
 - The list of keys and the tokens are read again after so many seconds: a change needs no restart.
 - What waits for a disk or a database is done in a thread.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import InputError, TrainerError
from echo_core.sharing.bundle import envelope
from echo_core.sharing.bundle.contents import day_of
from echo_core.sharing.bundle.envelope import Said, TrainerKeys
from echo_core.sharing.bundle.fields import read
from echo_core.sharing.bundle.protocol import Refusal
from echo_trainer.intake.judging import Refused, Times, judged, judged_wish
from echo_trainer.intake.parts import Parts
from echo_trainer.intake.writer import BatchWriter, Taken
from echo_trainer.keys.signatures import ReceiptSigner
from echo_trainer.objects.api import ObjectStore
from echo_trainer.settings.intake import IntakeSettings
from echo_trainer.tables import intake, tokens
from echo_trainer.tables.database import Database
from echo_trainer.tables.intake import DayCaps
from echo_trainer.tables.schema import DeletionState

KEYS_MS: Final = 30_000  # after which the file is looked at again
TOKENS_MS: Final = 5_000  # after which a revoked token admits no more
NEW_TOKENS_MS: Final = 500  # after which a new one admits: a flood of made-up ones reads no more
LOOSE_MS: Final = 600_000  # longer than an upload may take from its row to its rows
SWEEP_MAX: Final = 200  # objects of one sweep: its transaction holds SQLite's one place to write
_DAY_MS: Final = 24 * 3_600_000
_NOT_YET_S: Final = 3600  # curation runs a few times a day
_INLINE_BYTES: Final = 64 << 10  # what is checked within 0.3 ms needs no thread


@dataclass(frozen=True, slots=True)
class Listed:
    """The list of keys as it is served."""

    signed: bytes
    keys: TrainerKeys

    @property
    def ids(self) -> frozenset[str]:
        """Of all that may have been sealed for."""
        return frozenset(key.id for key in self.keys.keys)


class IntakeDesk:
    """All that intake does."""

    def __init__(
        self,
        *,
        database: Database,
        objects: ObjectStore,
        signer: ReceiptSigner,
        parts: Parts,
        key_list: Path,
        settings: IntakeSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._objects = objects
        self._signer = signer
        self._key_list = key_list
        self._settings = settings
        self._clock = clock
        self.parts = parts
        self.writer = BatchWriter(
            database,
            objects,
            signer,
            DayCaps(settings.bundles_a_day, settings.bytes_a_day),
            clock.wall_ms,
        )
        self._listed: Listed | None = None
        self._listed_at_ms = 0.0
        self._tokens: dict[str, tokens.TokenRow] = {}
        self._tokens_at_ms = -float(TOKENS_MS)

    def close(self) -> None:
        """Write what waits and stop."""
        self.writer.close()

    @property
    def _day(self) -> str:
        return day_of(self._clock.wall_ms())

    # --- what is asked ------------------------------------------------------------------------

    async def keys(self) -> Listed:
        """The trainer's keys.

        Raises:
            TrainerError: there are none.
        """
        now_ms = self._clock.steady_ms()
        if self._listed is None or now_ms - self._listed_at_ms > KEYS_MS:
            self._listed = await asyncio.to_thread(self._read_keys)
            self._listed_at_ms = now_ms
        return self._listed

    async def admits(self, token: str) -> bool:
        """Whether who shows `token` may contribute."""
        if self._settings.open:
            return True
        if not token:
            return False
        now_ms, digest = self._clock.steady_ms(), tokens.digest_of(token)
        fresh_ms = TOKENS_MS if digest in self._tokens else NEW_TOKENS_MS
        if now_ms - self._tokens_at_ms > fresh_ms:
            self._tokens = await asyncio.to_thread(self._read_tokens)
            self._tokens_at_ms = now_ms
        found = self._tokens.get(digest)
        return found is not None and found.holds(self._day)

    async def arrived(self, name: str) -> int:
        """How much of an envelope is here.

        Raises:
            Refused: nothing of it is.
        """
        part = self.parts.size(name)
        size = await asyncio.to_thread(self._size, name) if part is None else part
        if size is None:
            raise Refused(Refusal.UNKNOWN)
        return size

    async def receipt(self, name: str) -> bytes | None:
        """The receipt of an envelope that was accepted."""
        return (await asyncio.to_thread(self._receipts, name)).get(name)

    async def take(self, name: str, content: bytes) -> Taken:
        """Accept a whole envelope.

        Raises:
            Refused: it is not taken.
            TrainerError: it could not be written.
        """
        times = Times(self._clock.wall_ms(), self._settings.weeks_back)
        ids = (await self.keys()).ids
        if len(content) <= _INLINE_BYTES:
            arrival = judged(name, content, times, ids)
        else:
            arrival = await asyncio.to_thread(judged, name, content, times, ids)
        return await asyncio.wrap_future(self.writer.take(arrival, content))

    async def forget(self, name: str, content: bytes) -> bytes:
        """Delete all of a pseudonym; the receipt.

        Raises:
            Refused: it is no wish of that pseudonym, or curation has still to do its part.
            TrainerError: something could not be deleted; it is found when it is asked again.
        """
        return await asyncio.to_thread(self._forget, name, content)

    # --- in threads -----------------------------------------------------------------------------

    def _forget(self, name: str, content: bytes) -> bytes:
        wish = judged_wish(name, content, self._day)
        with self._database.begin() as rows:
            state = intake.forgotten(rows, wish)
        while self._swept_forgotten() == SWEEP_MAX:
            pass
        if state is DeletionState.OPEN:
            raise Refused(Refusal.NOT_YET, _NOT_YET_S)
        with self._database.begin() as rows:
            receipt = self._signer.receipt(Said.DELETED, name, wish.day)
            return intake.confirm(rows, name, wish.day, receipt)

    def _swept_forgotten(self) -> int:
        with self._database.begin() as rows:
            return intake.swept_forgotten(rows, self._objects.delete, SWEEP_MAX)

    def sweep(self) -> int:
        """Erase what no bundle names: left by uploads that died, and by wishes; how many rows."""
        with self._database.begin() as rows:
            before_ms = self._clock.wall_ms() - LOOSE_MS
            return intake.swept(rows, before_ms, self._objects.delete, SWEEP_MAX)

    def tidy(self) -> None:
        """Let counts of past days and old parts go."""
        with self._database.begin() as rows:
            intake.prune(rows, day_of(self._clock.wall_ms() - _DAY_MS))
        self.parts.purge()

    def counts(self) -> dict[str, int]:
        """How much waits."""
        with self._database.read() as rows:
            return intake.counts(rows)

    def _read_keys(self) -> Listed:
        try:
            signed = self._key_list.read_bytes()
            content, _ = envelope.split_signed(signed, envelope.KEYS_BYTES_MAX)
            return Listed(signed, read(TrainerKeys, content))
        except OSError as error:
            raise TrainerError(
                f"{self._key_list} cannot be read: run `echo-trainer keys create`."
            ) from error
        except InputError as error:
            raise TrainerError(
                f"{self._key_list} is no list of keys: restore it from your backup."
            ) from error

    def _read_tokens(self) -> dict[str, tokens.TokenRow]:
        with self._database.read() as rows:
            return {each.digest: each for each in tokens.listed(rows)}

    def _size(self, name: str) -> int | None:
        with self._database.read() as rows:
            return intake.size_of(rows, name)

    def _receipts(self, name: str) -> dict[str, bytes]:
        with self._database.read() as rows:
            return intake.receipts_of(rows, [name])
