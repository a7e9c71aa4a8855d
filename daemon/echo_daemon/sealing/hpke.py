"""Sealing by HPKE's base mode, with the suites that `echo_core.sharing.bundle.envelope.Suite`
names.

The hybrid holds as long as one of its two halves does: X25519 against today's machines, ML-KEM-768
against what is recorded now and broken later (X-Wing, KEM 0x647a). Its ciphertexts are opened by
a second implementation in the tests.

Left out: padding and signing.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from echo_core.errors import SharingError
from echo_core.sharing.bundle.envelope import Suite, TrainerKey

MLKEM_BYTES: Final = 1184  # of a public key of ML-KEM-768 (FIPS 203); X25519's 32 follow
_KEMS: Final = {Suite.HYBRID: hpke.KEM.MLKEM768_X25519, Suite.X25519: hpke.KEM.X25519}


def sealed(content: bytes, key: TrainerKey, context: bytes) -> bytes:
    """`content` for the holder of `key` alone, bound to `context`.

    Raises:
        SharingError: the key is none of its suite, or this machine lacks the suite.
    """
    try:
        suite = hpke.Suite(
            _KEMS[Suite(key.suite)], hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305
        )
        return suite.encrypt(content, _public(key), context)
    except (UnsupportedAlgorithm, ValueError) as error:
        raise SharingError(
            "The trainer's key cannot be used on this machine: update Echo, or tell whoever "
            "looks after the trainer."
        ) from error


def _public(key: TrainerKey) -> X25519PublicKey | hpke.MLKEM768X25519PublicKey:
    content = bytes.fromhex(key.public)
    if key.suite == Suite.X25519:
        return X25519PublicKey.from_public_bytes(content)
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(content[:MLKEM_BYTES]),
        X25519PublicKey.from_public_bytes(content[MLKEM_BYTES:]),
    )
