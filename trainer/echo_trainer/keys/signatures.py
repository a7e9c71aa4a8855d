"""What contributors signed is checked, and receipts are signed: all that intake does with keys.

Left out: opening (`opening`), the root key (`ring`).

Rules
 - The key for receipts opens nothing and signs nothing but receipts: what is signed begins with
   words that say what it is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from echo_core.sharing.bundle import envelope
from echo_core.sharing.bundle.contents import SCHEMA
from echo_core.sharing.bundle.envelope import Deletion, Envelope, Receipt, Said, TrainerKeys
from echo_core.sharing.bundle.fields import canonical, read
from echo_trainer.keys.files import read_seed


def verified(content: bytes) -> Envelope:
    """An envelope whose signature is its contributor's.

    Raises:
        InputError: it is no envelope.
        InvalidSignature: the signature is another's.
    """
    found = envelope.opened(content)
    signed = content[: -envelope.SIGNATURE_BYTES]
    _verify(found.header.contributor, found.signature, envelope.to_sign(signed))
    return found


def wish(content: bytes) -> Deletion:
    """A wish to delete that its pseudonym signed.

    Raises:
        InputError: it is no wish.
        InvalidSignature: the signature is another's.
    """
    body, signature = envelope.split_signed(content, envelope.HEADER_BYTES_MAX)
    found = read(Deletion, body)
    _verify(found.contributor, signature, envelope.deletion_to_sign(found))
    return found


def trainer_keys(signed: bytes, root: str) -> TrainerKeys:
    """The list of keys that a root key, in hex, signed.

    Raises:
        InputError: it is no list.
        InvalidSignature: the signature is another's.
    """
    content, signature = envelope.split_signed(signed, envelope.KEYS_BYTES_MAX)
    found = read(TrainerKeys, content)
    _verify(root, signature, envelope.keys_to_sign(found))
    return found


def receipt_of(content: bytes, key: str) -> Receipt:
    """A receipt that a key, in hex, signed.

    Raises:
        InputError: it is no receipt.
        InvalidSignature: the signature is another's.
    """
    found = read(Receipt, content)
    _verify(key, bytes.fromhex(found.signature), envelope.receipt_to_sign(found))
    return found


class ReceiptSigner:
    """Signs what intake confirms."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw().hex()

    @classmethod
    def load(cls, path: Path) -> ReceiptSigner:
        """The signer whose key lies at `path`; raises as `read_seed`."""
        return cls(read_seed(path))

    def receipt(self, said: Said, of: str, day: str) -> bytes:
        """A receipt in its written form."""
        made = Receipt(SCHEMA, said, of, day, "")
        signature = self._key.sign(envelope.receipt_to_sign(made))
        return canonical(replace(made, signature=signature.hex()))


def _verify(public: str, signature: bytes, content: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, content)
    except ValueError as error:  # no point on the curve
        raise InvalidSignature from error
