"""The trainer's keys: a root that signs, keys that open, a key for receipts; made and renewed.

    private/root.key            Ed25519: signs the list of keys; clients pin its public half
    private/open-ID.SUITE.key   opens bundles
    receipts/receipt.key        Ed25519: signs receipts; intake alone reads it
    public/keys.signed          the list that clients fetch
    public/root.pub             what clients pin (`sharing.root_key`)

Left out: opening (`opening`), who may read which folder (docs/operations.md).

Rules
 - Renewing adds keys and never deletes one: what is on its way is sealed for the old ones.
 - Both suites are listed: a client whose library lacks the hybrid uses the classical one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from echo_core.errors import InputError, TrainerError
from echo_core.sharing.bundle import envelope
from echo_core.sharing.bundle.contents import SCHEMA
from echo_core.sharing.bundle.envelope import KEYS_MAX, Suite, TrainerKey, TrainerKeys, keys_to_sign
from echo_core.sharing.bundle.fields import canonical
from echo_trainer.home import Home
from echo_trainer.keys.files import new_seed, read_seed, write_seed, write_whole
from echo_trainer.keys.opening import Opener
from echo_trainer.keys.signatures import ReceiptSigner, trainer_keys

_NAMES: Final = {Suite.HYBRID: "hybrid", Suite.X25519: "classic"}
_SUITES: Final = {name: suite for suite, name in _NAMES.items()}
OVERLAP_DAYS: Final = 30  # an old key goes on: clients ask for the list once in a while, not daily


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a home. Every method raises `TrainerError` where a file cannot be had."""

    home: Home

    @property
    def _root_file(self) -> Path:
        return self.home.private_keys / "root.key"

    def exists(self) -> bool:
        """Whether keys were made."""
        return self._root_file.exists()

    def create(self, today: date, days: int) -> TrainerKeys:
        """Make all keys; the list that says so."""
        if self.exists():
            raise TrainerError("There are keys already: `echo-trainer keys rotate` adds new ones.")
        self.home.prepare(
            self.home.private_keys, self.home.public_keys, self.home.receipt_key.parent
        )
        self._have_receipt_key()
        added = self._new_keys(today, days, ())
        write_seed(self._root_file, new_seed())  # last: where it is, all are
        return self._sign(1, today, days, added)

    def rotate(self, today: date, days: int) -> TrainerKeys:
        """Add new keys, let the old ones end soon, and sign the list anew.

        What is lost is replaced: a key that nobody can open with any more is not listed.
        """
        now = self.listed()
        self._have_receipt_key()
        last = (today + timedelta(days=OVERLAP_DAYS)).isoformat()
        kept = [
            TrainerKey(key.id, key.suite, key.public, key.not_before, min(key.not_after, last))
            for key in now.keys
            if key.not_after >= today.isoformat() and self._files_of(key.id)
        ]
        added = self._new_keys(today, days, [key.id for key in now.keys])
        return self._sign(now.version + 1, today, days, (added + kept)[:KEYS_MAX])

    def listed(self) -> TrainerKeys:
        """The list as it is served."""
        try:
            signed = self.home.key_list.read_bytes()
            return trainer_keys(signed, self.root)
        except OSError as error:
            raise TrainerError(
                f"{self.home.key_list} cannot be read ({error.strerror}): "
                + (
                    "restore it from your backup, or from what an intake serves as `/v1/keys`."
                    if self.exists()
                    else "`echo-trainer keys create` makes keys."
                )
            ) from error
        except (InputError, InvalidSignature) as error:
            raise TrainerError(
                f"{self.home.key_list} is not signed by this root key: "
                "restore both from one backup."
            ) from error

    @property
    def root(self) -> str:
        """The root's public half in hex: what clients pin."""
        return _public(read_seed(self._root_file))

    def openers(self) -> dict[str, Opener]:
        """Every key that opens bundles, old ones too, by its id."""
        found = {}
        for path in sorted(self.home.private_keys.glob("open-*.key")):
            identity, _, suite = path.name.removeprefix("open-").removesuffix(".key").partition(".")
            if suite in _SUITES:
                found[identity] = Opener(_SUITES[suite], read_seed(path))
        if not found:
            raise TrainerError(
                f"{self.home.private_keys} holds no key that opens bundles: "
                "run this where the keys were made, or restore them from your backup."
            )
        return found

    def _have_receipt_key(self) -> None:
        if not self.home.receipt_key.exists():
            self.home.prepare(self.home.receipt_key.parent)
            write_seed(self.home.receipt_key, new_seed())

    def _files_of(self, identity: str) -> list[Path]:
        return list(self.home.private_keys.glob(f"open-{identity}.*"))

    def _new_keys(self, today: date, days: int, taken: Collection[str]) -> list[TrainerKey]:
        made = []
        for suite, name in _NAMES.items():
            number = 1
            while (identity := f"{today:%Y%m%d}{name[0]}{number}") in taken or self._files_of(
                identity
            ):
                number += 1
            opener = Opener(suite, new_seed())
            write_seed(self.home.private_keys / f"open-{identity}.{name}.key", opener.seed)
            until = (today + timedelta(days=days)).isoformat()
            made.append(TrainerKey(identity, suite, opener.public.hex(), today.isoformat(), until))
        return made

    def _sign(self, version: int, today: date, days: int, keys: list[TrainerKey]) -> TrainerKeys:
        receipts = ReceiptSigner.load(self.home.receipt_key).public
        expires = (today + timedelta(days=days)).isoformat()
        listed = TrainerKeys(SCHEMA, version, expires, receipts, tuple(keys))
        root = Ed25519PrivateKey.from_private_bytes(read_seed(self._root_file))
        signed = envelope.signed(canonical(listed), root.sign(keys_to_sign(listed)))
        write_whole(self.home.key_list, signed)
        write_whole(self.home.root_public, self.root.encode() + b"\n")
        return listed


def _public(seed: bytes) -> str:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()
