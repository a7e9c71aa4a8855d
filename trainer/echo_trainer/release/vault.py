"""Signing keys at rest: a file for each, its private half sealed with a passphrase.

    NAME.key   the sealed private key, 0600
    NAME.pub   the public key, to be handed to whoever lets it sign

Left out: which key signs what (`repository`), where a passphrase comes from (the command line).

Rules
 - Argon2id and AES-256-GCM; the name and the public key are bound to what is sealed.
 - A passphrase is never an argument of a program: it would stand in the list of processes.
 - A key is never overwritten.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from echo_core.errors import TrainerError
from echo_trainer.home import make_private

# RFC 9106, section 4, the second recommendation: 64 MiB, 3 passes, 4 lanes. About 0.1 s.
MEMORY_KIB: Final = 1 << 16
PASSES: Final = 3
LANES: Final = 4
_MEMORY_KIB_MAX: Final = 1 << 21  # of a key file that asks for more: somebody's joke
PASSPHRASE_CHARS_MIN: Final = 12  # a key that signs models deserves some words
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FORMAT: Final = 1

Passphrase = Callable[[str], str]  # for the key of this name


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that may be let sign."""

    name: str
    key: Key

    @property
    def id(self) -> str:
        """As metadata names it."""
        return self.key.keyid


class Vault:
    """A folder of keys."""

    def __init__(
        self, folder: Path, passphrase: Passphrase, *, memory_kib: int = MEMORY_KIB
    ) -> None:
        """`passphrase` is asked when a private key is needed, once for each.

        `memory_kib` is what finding out the passphrase of a new key costs at each guess.
        """
        self._folder = folder
        self._memory_kib = memory_kib
        self._passphrase = passphrase
        self._opened: dict[str, CryptoSigner] = {}

    def new(self, name: str) -> PublicKey:
        """Make a key; the one that is there, where it is there.

        Raises:
            TrainerError: it cannot be written.
        """
        if not NAME.fullmatch(name):
            raise TrainerError("A key's name has small letters, digits and .-_ only.")
        if (there := self.find(name)) is not None:
            return there
        passphrase = self._passphrase(name)
        if len(passphrase) < PASSPHRASE_CHARS_MIN:
            raise TrainerError(
                f"The passphrase is too short: at least {PASSPHRASE_CHARS_MIN} characters."
            )
        private = Ed25519PrivateKey.generate()
        public = SSlibKey.from_crypto(private.public_key())
        make_private(self._folder)
        kdf = {
            "name": "argon2id",
            "memory_kib": self._memory_kib,
            "passes": PASSES,
            "lanes": LANES,
        }
        table = _sealed(PublicKey(name, public), private.private_bytes_raw(), passphrase, kdf)
        _write_new(self._folder / f"{name}.key", table, 0o600)
        _write_new(self._folder / f"{name}.pub", public_table(PublicKey(name, public)), 0o644)
        return PublicKey(name, public)

    def keys(self) -> tuple[PublicKey, ...]:
        """All whose private half lies here, by name."""
        found = (self.find(path.stem) for path in sorted(self._folder.glob("*.key")))
        return tuple(key for key in found if key is not None)

    def find(self, name: str) -> PublicKey | None:
        """The key of this name, if its private half lies here."""
        path = self._folder / f"{name}.key"
        return _public_of(_read(path), path) if path.exists() else None

    def signer(self, key_id: str) -> CryptoSigner | None:
        """What signs with this key, unsealed; None where it does not lie here.

        Raises:
            TrainerError: the passphrase is wrong, or the file is damaged.
        """
        if key_id not in self._opened:
            named = next((key for key in self.keys() if key.id == key_id), None)
            if named is None:
                return None
            table = _read(self._folder / f"{named.name}.key")
            self._opened[key_id] = _unsealed(table, named, self._passphrase(named.name))
        return self._opened[key_id]

    def holds(self, key_id: str) -> bool:
        """Whether a private key lies here; asks for no passphrase."""
        return any(key.id == key_id for key in self.keys())


def read_public(path: Path) -> PublicKey:
    """The key in a `.pub` file.

    Raises:
        TrainerError: it is none.
    """
    return _public_of(_read(path), path)


def public_table(public: PublicKey) -> dict[str, object]:
    """What stands in a `.pub` file."""
    return {
        "format": _FORMAT,
        "name": public.name,
        "id": public.id,
        "key": public.key.to_dict(),
    }


def _sealed(
    public: PublicKey, private: bytes, passphrase: str, kdf: Mapping[str, object]
) -> dict[str, object]:
    salt, nonce = os.urandom(16), os.urandom(12)
    key = _stretched(passphrase, salt, kdf)
    bound = f"{public.name}\n{public.id}".encode()
    return {
        **public_table(public),
        "kdf": dict(kdf),
        "salt": _text(salt),
        "nonce": _text(nonce),
        "sealed": _text(AESGCM(key).encrypt(nonce, private, bound)),
    }


def _unsealed(table: dict[str, object], named: PublicKey, passphrase: str) -> CryptoSigner:
    try:
        kdf = table["kdf"]
        if not isinstance(kdf, dict) or kdf["name"] != "argon2id":
            raise ValueError("another function")
        if not 0 < int(kdf["memory_kib"]) <= _MEMORY_KIB_MAX:
            raise ValueError("too much memory")
        salt, nonce, sealed = (_bytes(table[field]) for field in ("salt", "nonce", "sealed"))
        key = _stretched(passphrase, salt, kdf)
        private = AESGCM(key).decrypt(nonce, sealed, f"{named.name}\n{named.id}".encode())
        signer = CryptoSigner(Ed25519PrivateKey.from_private_bytes(private))
    except InvalidTag as error:
        raise TrainerError(f"The passphrase of {named.name} is wrong.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise TrainerError(f"The key {named.name} is damaged: take it from a copy.") from error
    if signer.public_key.keyid != named.id:
        raise TrainerError(f"The key {named.name} is damaged: take it from a copy.")
    return signer


def _stretched(passphrase: str, salt: bytes, kdf: Mapping[str, object]) -> bytes:
    memory, passes, lanes = (int(str(kdf[each])) for each in ("memory_kib", "passes", "lanes"))
    stretch = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    return stretch.derive(passphrase.encode())


def _public_of(table: dict[str, object], path: Path) -> PublicKey:
    try:
        name, key_id, key = table["name"], table["id"], table["key"]
        if not isinstance(name, str) or not NAME.fullmatch(name) or not isinstance(key, dict):
            raise ValueError("no name")
        public = SSlibKey.from_dict(str(key_id), dict(key))
        # The id is computed from the key: a file cannot give one key the id of another.
        raw = bytes.fromhex(str(public.keyval["public"]))
        if SSlibKey.from_crypto(_ed25519(raw)).keyid != public.keyid:
            raise ValueError("another id")
    except (KeyError, TypeError, ValueError) as error:
        raise TrainerError(f"{path.name} is no key of `echo-trainer release keys`.") from error
    return PublicKey(name, public)


def _ed25519(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def _read(path: Path) -> dict[str, object]:
    try:
        table: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainerError(f"{path} cannot be read as a key.") from error
    if not isinstance(table, dict):
        raise TrainerError(f"{path} is no key of `echo-trainer release keys`.")
    return table


def _write_new(path: Path, table: dict[str, object], mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(table, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise TrainerError(f"{path} cannot be written: {error.strerror}.") from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(value: object) -> bytes:
    return base64.b64decode(str(value), validate=True)
