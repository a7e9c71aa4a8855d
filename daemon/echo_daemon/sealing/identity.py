"""Who contributes: one Ed25519 key a week and kind, derived from a secret that never leaves.

Within a week contributions can be counted and capped by their public key. Two weeks' keys, and a
week's keys for samples and for counters, say nothing of one another. As long as the secret is
there every key can be derived again, to ask for deletion.

Left out: where the secret is kept and when it changes (`echo_daemon.store`, `echo_daemon.sharing`).
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from echo_core.sharing.bundle.contents import SCHEMA
from echo_core.sharing.bundle.envelope import Deletion, Kind, deletion_to_sign, signed
from echo_core.sharing.bundle.fields import canonical

SECRET_BYTES: Final = 32
_KEY_INFO: Final = b"echo identity 1\0"
_SAMPLE_INFO: Final = b"echo sample id 1\0"
_ID_CHARS: Final = 32  # 128 bits: two samples of anybody never share one


def new_secret() -> bytes:
    """A secret that nobody has."""
    return secrets.token_bytes(SECRET_BYTES)


class Pseudonym:
    """The key of one week and kind."""

    def __init__(self, secret: bytes, kind: Kind, week: str) -> None:
        info = _KEY_INFO + f"{kind}\0{week}".encode("ascii")
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._kind, self._week = kind, week
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> bytes:
        """The signature over `content`, which says itself what it is."""
        return self._key.sign(content)

    def deletion(self) -> bytes:
        """The signed wish that all that came from this pseudonym is deleted."""
        wish = Deletion(SCHEMA, self._kind, self._week, self.public)
        return signed(canonical(wish), self.sign(deletion_to_sign(wish)))


def sample_id(secret: bytes, request: str) -> str:
    """The name under which a sample leaves: the same each time, and of no use to find it here."""
    content = _SAMPLE_INFO + request.encode("utf-8", "surrogatepass")
    return hmac.new(secret, content, sha256).hexdigest()[:_ID_CHARS]
