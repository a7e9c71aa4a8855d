"""A sealed bundle becomes readable: the other half of `echo_daemon.sealing.hpke`.

Left out: what is in it (`echo_core.sharing.bundle.contents`), where the keys lie (`ring`).

Rules
 - Nothing is opened whose signature is not its contributor's.
 - Unfolding is bounded by what a bundle may hold (`echo_core.sharing.bundle.packing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import shake_256
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import BUNDLE_BYTES_MAX
from echo_core.sharing.bundle.envelope import Envelope, Suite, seal_context
from echo_core.sharing.bundle.packing import unpacked
from echo_trainer.keys.signatures import verified

_MLKEM_SEED_BYTES: Final = 64
_EXPANDED_BYTES: Final = 96  # X-Wing derives both keys from one seed


@dataclass(frozen=True, slots=True)
class Opener:
    """A key that opens bundles."""

    suite: Suite
    seed: bytes

    def __repr__(self) -> str:
        return f"Opener({self.suite.value!r})"

    @property
    def public(self) -> bytes:
        """Its public half, as a list of keys holds it."""
        if self.suite is Suite.X25519:
            return X25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        inner, outer = self._hybrid()
        return inner.public_key().public_bytes_raw() + outer.public_key().public_bytes_raw()

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed in that context; raises `InvalidTag`, `ValueError`."""
        if self.suite is Suite.X25519:
            mine = X25519PrivateKey.from_private_bytes(self.seed)
            return _suite(hpke.KEM.X25519).decrypt(sealed, mine, context)
        both = hpke.MLKEM768X25519PrivateKey(*self._hybrid())
        return _suite(hpke.KEM.MLKEM768_X25519).decrypt(sealed, both, context)

    def _hybrid(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = shake_256(self.seed).digest(_EXPANDED_BYTES)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:]),
        )


def open_envelope(content: bytes, openers: Mapping[str, Opener]) -> tuple[Envelope, bytes]:
    """An envelope and the written form of the bundle or report in it; `openers` by key id.

    Raises:
        InputError: it is no envelope, is not its contributor's, is not sealed for one of these
            keys in this context, or unfolds to no bundle.
    """
    try:
        found = verified(content)
    except InvalidSignature as error:
        raise InputError("The signature of this envelope is not its contributor's.") from error
    opener = openers.get(found.header.key)
    if opener is None or opener.suite != found.header.suite:
        raise InputError("This envelope is sealed for a key that is not here.")
    try:
        padded = opener.open(found.sealed, seal_context(found.header))
    except (InvalidTag, ValueError) as error:
        raise InputError("This envelope does not open: it was damaged or made up.") from error
    return found, unpacked(padded, BUNDLE_BYTES_MAX)


def _suite(kem: hpke.KEM) -> hpke.Suite:
    return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
