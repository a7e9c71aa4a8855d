r"""What a sealed bundle looks like from outside, and what is said about bundles afterwards.

    b"echo" \x01   4 bytes: how long the header is   header   sealed bytes   64 bytes: signature

The header is all that anybody but the trainer's curation can read. It is also the context to which
the sealed bytes are bound (HPKE's `info`): under another header they do not open. The signature is
over everything before it, by the key that the header names as contributor.

Left out: ciphers and signatures (`echo_daemon.sealing`), sending.

Rules
 - What is signed begins with words that say what it is, so that no signature fits elsewhere.
 - Sizes are checked before anything is taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import DIGEST, SCHEMA
from echo_core.sharing.bundle.fields import Category, canonical, many, number, read, text, word
from echo_core.sharing.bundle.packing import PACKED_BYTES_MAX

MAGIC: Final = b"echo\x01"
SIGNATURE_BYTES: Final = 64  # Ed25519
HEADER_BYTES_MAX: Final = 1024  # five short fields
SEALING_BYTES_MAX: Final = 2048  # of the hybrid suite: 1,120 of the two keys, 16 of the tag
KEYS_BYTES_MAX: Final = 64 << 10  # a dozen keys of 1,216 bytes each, in hex
KEYS_MAX: Final = 12
RECEIPT_BYTES_MAX: Final = 4096
_LENGTH_BYTES: Final = 4
_SEAL_CONTEXT: Final = b"echo seal 1\0"
_SIGN_CONTEXT: Final = b"echo envelope 1\0"
_DELETION_CONTEXT: Final = b"echo deletion 1\0"
_RECEIPT_CONTEXT: Final = b"echo receipt 1\0"
_KEYS_CONTEXT: Final = b"echo trainer keys 1\0"
_KEY_ID: Final = "[0-9a-z]{1,32}"
ENVELOPE_BYTES_MAX: Final = (
    len(MAGIC)
    + _LENGTH_BYTES
    + HEADER_BYTES_MAX
    + PACKED_BYTES_MAX
    + SEALING_BYTES_MAX
    + SIGNATURE_BYTES
)


class Kind(StrEnum):
    """What is inside."""

    SAMPLES = "samples"
    HISTORY = "history"  # samples that were imported from a repository's commits
    METRICS = "metrics"


class Suite(StrEnum):
    """How it is sealed: KEM, KDF and AEAD of HPKE (RFC 9180)."""

    HYBRID = "mlkem768-x25519/hkdf-sha256/chacha20-poly1305"
    X25519 = "x25519/hkdf-sha256/chacha20-poly1305"


@dataclass(frozen=True, slots=True)
class Header:
    """What can be read without the trainer's key."""

    schema: int = number("which fields there are", Category.NAME, low=SCHEMA, high=SCHEMA)
    kind: str = word("whether samples, imported ones or counters are inside", tuple(Kind))
    suite: str = word("how it is sealed", tuple(Suite))
    key: str = text(
        "which of the trainer's keys opens it", Category.CRYPTOGRAPHY,
        chars_max=32, pattern=_KEY_ID,
    )  # fmt: skip
    week: str = text(
        "in which ISO week it was made: the pseudonym holds for that week", Category.TIME,
        chars_max=8, pattern=r"[0-9]{4}-W[0-9]{2}",
    )  # fmt: skip
    contributor: str = text(
        "the week's pseudonym, a public key that the signature fits", Category.IDENTITY,
        chars_max=64, pattern=DIGEST,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed bundle, taken apart. Nothing of it was verified."""

    header: Header
    sealed: bytes
    signature: bytes


def seal_context(header: Header) -> bytes:
    """What the sealed bytes are bound to: HPKE's `info`."""
    return _SEAL_CONTEXT + canonical(header)


def unsigned(header: Header, sealed: bytes) -> bytes:
    """The envelope up to its signature."""
    head = canonical(header)
    return MAGIC + len(head).to_bytes(_LENGTH_BYTES, "big") + head + sealed


def to_sign(envelope: bytes) -> bytes:
    """What is signed of `unsigned`."""
    return _SIGN_CONTEXT + envelope


def opened(envelope: bytes) -> Envelope:
    """Take a sealed bundle apart.

    Raises:
        InputError: it is not one.
    """
    start = len(MAGIC) + _LENGTH_BYTES
    if len(envelope) > ENVELOPE_BYTES_MAX or envelope[: len(MAGIC)] != MAGIC:
        raise InputError("This is no sealed bundle.")
    size = int.from_bytes(envelope[len(MAGIC) : start], "big")
    rest = len(envelope) - start - size - SIGNATURE_BYTES
    if size > HEADER_BYTES_MAX or rest <= 0:
        raise InputError("This sealed bundle is cut or damaged.")
    header = read(Header, envelope[start : start + size])
    return Envelope(header, envelope[start + size : -SIGNATURE_BYTES], envelope[-SIGNATURE_BYTES:])


# --- asking for deletion ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deletion:
    """A wish: all that came from this pseudonym is to be deleted."""

    schema: int = number("which fields there are", Category.NAME, low=SCHEMA, high=SCHEMA)
    kind: str = word("whether samples, imported ones or counters are to go", tuple(Kind))
    week: str = text(
        "the week of the pseudonym", Category.TIME, chars_max=8, pattern=r"[0-9]{4}-W[0-9]{2}"
    )
    contributor: str = text(
        "the pseudonym whose contributions are to go", Category.IDENTITY,
        chars_max=64, pattern=DIGEST,
    )  # fmt: skip


def deletion_to_sign(deletion: Deletion) -> bytes:
    """What is signed of a wish."""
    return _DELETION_CONTEXT + canonical(deletion)


def signed(content: bytes, signature: bytes) -> bytes:
    """A short record with its signature behind it."""
    return content + signature


def split_signed(content: bytes, most: int) -> tuple[bytes, bytes]:
    """A short record and its signature, which was not verified.

    Raises:
        InputError: it is too short or too long.
    """
    if not SIGNATURE_BYTES < len(content) <= most + SIGNATURE_BYTES:
        raise InputError("This is no signed record.")
    return content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]


# --- what comes back --------------------------------------------------------------------------


class Said(StrEnum):
    """What a receipt confirms."""

    STORED = "stored"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the trainer's intake confirms."""

    schema: int = number("which fields there are", Category.NAME, low=SCHEMA, high=SCHEMA)
    said: str = word("what was done", tuple(Said))
    of: str = text(
        "the digest of the envelope or of the wish", Category.CRYPTOGRAPHY,
        chars_max=64, pattern=DIGEST,
    )  # fmt: skip
    day: str = text(
        "on which day", Category.TIME, chars_max=10, pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    )
    signature: str = text(
        "the trainer's, by the key that its list names for receipts", Category.CRYPTOGRAPHY,
        chars_max=128, pattern="(?:[0-9a-f]{128})?",
    )  # fmt: skip


def receipt_to_sign(receipt: Receipt) -> bytes:
    """What is signed of a receipt: all but the signature."""
    return _RECEIPT_CONTEXT + canonical(replace(receipt, signature=""))


# --- the trainer's keys -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrainerKey:
    """A public key that bundles are sealed for."""

    id: str = text("names the key", Category.CRYPTOGRAPHY, chars_max=32, pattern=_KEY_ID)
    suite: str = word("how it is used", tuple(Suite))
    public: str = text(
        "the key itself", Category.CRYPTOGRAPHY, chars_max=4096, pattern="(?:[0-9a-f]{2})+"
    )
    not_before: str = text(
        "the first day of its use", Category.TIME, chars_max=10,
        pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    )  # fmt: skip
    not_after: str = text(
        "the last day of its use", Category.TIME, chars_max=10,
        pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrainerKeys:
    """All keys of a trainer, signed by the root key that is pinned."""

    schema: int = number("which fields there are", Category.NAME, low=SCHEMA, high=SCHEMA)
    version: int = number(
        "rises with every change, so that an old list is recognised", Category.COUNT, high=10**9
    )
    expires: str = text(
        "after this day the list must be fetched again", Category.TIME, chars_max=10,
        pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    )  # fmt: skip
    receipts: str = text(
        "the public key that receipts are signed with", Category.CRYPTOGRAPHY,
        chars_max=64, pattern=DIGEST,
    )  # fmt: skip
    keys: tuple[TrainerKey, ...] = many(
        "the keys", Category.CRYPTOGRAPHY, TrainerKey, most=KEYS_MAX
    )


def keys_to_sign(keys: TrainerKeys) -> bytes:
    """What the root key signs."""
    return _KEYS_CONTEXT + canonical(keys)


def key_for(keys: TrainerKeys, day: str) -> TrainerKey | None:
    """The key to seal with on `day`: of those that hold, the one that holds longest, hybrid first.

    Days are compared as text: their form makes that the same.
    """
    if day > keys.expires:
        return None
    holding = [key for key in keys.keys if key.not_before <= day <= key.not_after]
    return max(
        holding,
        key=lambda key: (key.suite == Suite.HYBRID, key.not_after, key.id),
        default=None,
    )
