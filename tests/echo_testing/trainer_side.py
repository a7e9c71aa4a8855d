"""The trainer's side of a bundle: its keys, and opening what was sealed for it.

A client's machine has no such key; this stands in tests until the trainer is built.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import shake_256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from echo_core.bundle import envelope
from echo_core.bundle.contents import BUNDLE_BYTES_MAX
from echo_core.bundle.envelope import (
    Deletion,
    Envelope,
    Suite,
    TrainerKey,
    TrainerKeys,
    keys_to_sign,
)
from echo_core.bundle.fields import canonical, read
from echo_core.bundle.packing import unpacked

_KDF, _AEAD = hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305


@dataclass
class TrainerSide:
    """A trainer's root key and its keys to open bundles with."""

    seed: bytes = bytes(range(32))
    root: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    not_before: str = "1970-01-01"
    not_after: str = "2099-12-31"
    version: int = 1

    @property
    def root_public(self) -> str:
        """What a client pins, in hex."""
        return self.root.public_key().public_bytes_raw().hex()

    def _hybrid(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = shake_256(self.seed).digest(96)  # as X-Wing derives both from one seed
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
            X25519PrivateKey.from_private_bytes(expanded[64:]),
        )

    def key(self, suite: Suite = Suite.HYBRID) -> TrainerKey:
        """The public half."""
        if suite is Suite.X25519:
            mine = X25519PrivateKey.from_private_bytes(self.seed).public_key()
            public, name = mine.public_bytes_raw(), "classic"
        else:
            inner, outer = self._hybrid()
            public = inner.public_key().public_bytes_raw() + outer.public_key().public_bytes_raw()
            name = "hybrid"
        return TrainerKey(name, suite, public.hex(), self.not_before, self.not_after)

    def signed_keys(self, *suites: Suite) -> bytes:
        """The list of keys as it is served."""
        keys = tuple(self.key(suite) for suite in suites or (Suite.HYBRID,))
        listed = TrainerKeys(1, self.version, self.not_after, keys)
        return envelope.signed(canonical(listed), self.root.sign(keys_to_sign(listed)))

    def open(self, content: bytes) -> bytes:
        """What is in an envelope, once its signature was found good.

        Raises:
            InputError: it is no envelope, or unfolds to no bundle.
            InvalidSignature: the signature is not its contributor's.
            InvalidTag: it was not sealed for this trainer in this context.
        """
        found = verified(content)
        context = envelope.seal_context(found.header)
        if found.header.suite == Suite.X25519:
            mine = X25519PrivateKey.from_private_bytes(self.seed)
            padded = hpke.Suite(hpke.KEM.X25519, _KDF, _AEAD).decrypt(found.sealed, mine, context)
        else:
            both = hpke.MLKEM768X25519PrivateKey(*self._hybrid())
            suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, _KDF, _AEAD)
            padded = suite.decrypt(found.sealed, both, context)
        return unpacked(padded, BUNDLE_BYTES_MAX)


def verified(content: bytes) -> Envelope:
    """An envelope whose signature is good; the intake can do this without any key."""
    found = envelope.opened(content)
    signed = content[: -envelope.SIGNATURE_BYTES]
    _verify(found.header.contributor, found.signature, envelope.to_sign(signed))
    return found


def wish(content: bytes) -> Deletion:
    """A deletion that its pseudonym signed."""
    body, signature = envelope.split_signed(content, envelope.HEADER_BYTES_MAX)
    found = read(Deletion, body)
    _verify(found.contributor, signature, envelope.deletion_to_sign(found))
    return found


def _verify(public: str, signature: bytes, content: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, content)
    except ValueError as error:
        raise InvalidSignature from error
