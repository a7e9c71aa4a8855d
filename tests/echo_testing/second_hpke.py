"""A second implementation of what opens a bundle, to check the first: written from the documents.

HPKE's base mode (RFC 9180, sections 4 and 5) with X25519, and with X-Wing (ML-KEM-768 and X25519,
draft-connolly-cfrg-xwing-kem): HKDF by hmac, ML-KEM by a pure Python library, and only the curve
and the AEAD from `cryptography`. Slow and not constant in time: for tests alone.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha3_256, sha256, shake_256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from kyber_py.ml_kem import ML_KEM_768

_VERSION: Final = b"HPKE-v1"
_KEM_X25519: Final = 0x0020
_KEM_XWING: Final = 0x647A
_KDF: Final = 0x0001  # HKDF-SHA256
_AEAD: Final = 0x0003  # ChaCha20Poly1305
_XWING_LABEL: Final = rb"\.//^" + b"\\"
_MLKEM_CIPHERTEXT: Final = 1088


@dataclass(frozen=True, slots=True)
class Keys:
    """What the key schedule gives."""

    shared_secret: bytes
    key: bytes
    base_nonce: bytes


def _extract(salt: bytes, ikm: bytes) -> bytes:
    return hmac.new(salt or bytes(32), ikm, sha256).digest()


def _expand(prk: bytes, info: bytes, length: int) -> bytes:
    found, block, counter = b"", b"", 1
    while len(found) < length:
        block = hmac.new(prk, block + info + bytes([counter]), sha256).digest()
        found, counter = found + block, counter + 1
    return found[:length]


def _labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return _extract(salt, _VERSION + suite + label + ikm)


def _labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return _expand(prk, length.to_bytes(2, "big") + _VERSION + suite + label + info, length)


def _schedule(kem: int, shared_secret: bytes, info: bytes) -> Keys:
    suite = b"HPKE" + b"".join(each.to_bytes(2, "big") for each in (kem, _KDF, _AEAD))
    psk_id_hash = _labeled_extract(suite, b"", b"psk_id_hash", b"")
    info_hash = _labeled_extract(suite, b"", b"info_hash", info)
    context = b"\0" + psk_id_hash + info_hash
    secret = _labeled_extract(suite, shared_secret, b"secret", b"")
    return Keys(
        shared_secret,
        _labeled_expand(suite, secret, b"key", context, 32),
        _labeled_expand(suite, secret, b"base_nonce", context, 12),
    )


def x25519_keys(enc: bytes, private: bytes, info: bytes) -> Keys:
    """The key schedule of a receiver with an X25519 key."""
    mine = X25519PrivateKey.from_private_bytes(private)
    shared = mine.exchange(X25519PublicKey.from_public_bytes(enc))
    suite = b"KEM" + _KEM_X25519.to_bytes(2, "big")
    prk = _labeled_extract(suite, b"", b"eae_prk", shared)
    context = enc + mine.public_key().public_bytes_raw()
    return _schedule(_KEM_X25519, _labeled_expand(suite, prk, b"shared_secret", context, 32), info)


def xwing_keys(enc: bytes, seed: bytes, info: bytes) -> Keys:
    """The key schedule of a receiver with a hybrid key, given as X-Wing's seed of 32 bytes."""
    expanded = shake_256(seed).digest(96)
    _, ml_private = ML_KEM_768.key_derive(expanded[:64])
    mine = X25519PrivateKey.from_private_bytes(expanded[64:])
    ct_m, ct_x = enc[:_MLKEM_CIPHERTEXT], enc[_MLKEM_CIPHERTEXT:]
    ss_m = ML_KEM_768.decaps(ml_private, ct_m)
    ss_x = mine.exchange(X25519PublicKey.from_public_bytes(ct_x))
    pk_x = mine.public_key().public_bytes_raw()
    shared = sha3_256(ss_m + ss_x + ct_x + pk_x + _XWING_LABEL).digest()
    return _schedule(_KEM_XWING, shared, info)


def xwing_public(seed: bytes) -> bytes:
    """The public key of a seed: ML-KEM's 1,184 bytes, then X25519's 32."""
    expanded = shake_256(seed).digest(96)
    public, _ = ML_KEM_768.key_derive(expanded[:64])
    other = X25519PrivateKey.from_private_bytes(expanded[64:]).public_key()
    return bytes(public) + other.public_bytes_raw()


def opened(keys: Keys, ciphertext: bytes, aad: bytes = b"") -> bytes:
    """The first message under `keys`."""
    return ChaCha20Poly1305(keys.key).decrypt(keys.base_nonce, ciphertext, aad)
