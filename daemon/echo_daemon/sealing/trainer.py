"""The trainer's public keys: a list that is believed because a pinned root key signed it; and
receipts, which are believed because a key of that list signed them.

Until models come with signed releases, this list is fetched from the trainer itself; who serves it
can leave it out or serve an old one, not make one.

Left out: fetching.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from echo_core.errors import InputError, SharingError
from echo_core.sharing.bundle.envelope import (
    KEYS_BYTES_MAX,
    Receipt,
    Said,
    TrainerKeys,
    keys_to_sign,
    receipt_to_sign,
    split_signed,
)
from echo_core.sharing.bundle.fields import read


def is_receipt(content: bytes, said: Said, of: str) -> bool:
    """Whether this is a receipt that says so of `of`, whoever signed it."""
    try:
        receipt = read(Receipt, content)
    except InputError:
        return False
    return receipt.said == said and receipt.of == of


def signed_receipt(content: bytes, key: str) -> bool:
    """Whether a receipt is signed by a key, in hex."""
    receipt = read(Receipt, content)
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(receipt.signature), receipt_to_sign(receipt))
    except (InvalidSignature, ValueError):
        return False
    return True


def trusted_keys(signed_list: bytes, root: str, *, version_min: int, day: str) -> TrainerKeys:
    """The keys in a signed list.

    `root`: the pinned public key, in hex. `version_min`: that of the newest list seen before.

    Raises:
        SharingError: it is not signed by the root key, malformed, older than one that was seen, or
            has expired.
    """
    try:
        content, signature = split_signed(signed_list, KEYS_BYTES_MAX)
        keys = read(TrainerKeys, content)
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(root))
        public.verify(signature, keys_to_sign(keys))
    except (InputError, InvalidSignature, ValueError) as error:
        raise SharingError(
            "The trainer's list of keys is not signed by its root key: check `sharing.root_key`, "
            "or tell whoever looks after the trainer."
        ) from error
    if keys.version < version_min or day > keys.expires:
        raise SharingError(
            "The trainer's list of keys is an old one: tell whoever looks after the trainer."
        )
    return keys
