"""The trainer's side of a bundle in memory: its keys, and opening what was sealed for it.

Left out: files and days of keys (`echo_trainer.keys.ring`); the ciphers are the trainer's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from echo_core.sharing.bundle import envelope
from echo_core.sharing.bundle.envelope import Suite, TrainerKey, TrainerKeys, keys_to_sign
from echo_core.sharing.bundle.fields import canonical
from echo_trainer.keys.opening import Opener, open_envelope
from echo_trainer.keys.signatures import ReceiptSigner

NAMES = {Suite.HYBRID: "hybrid", Suite.X25519: "classic"}


@dataclass
class TrainerSide:
    """A trainer's root key and its keys to open bundles with."""

    seed: bytes = bytes(range(32))
    receipt_seed: bytes = bytes(range(32))
    root: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    not_before: str = "1970-01-01"
    not_after: str = "2099-12-31"
    version: int = 1

    @property
    def root_public(self) -> str:
        """What a client pins, in hex."""
        return self.root.public_key().public_bytes_raw().hex()

    @property
    def receipts(self) -> ReceiptSigner:
        """What signs receipts."""
        return ReceiptSigner(self.receipt_seed)

    def key(self, suite: Suite = Suite.HYBRID) -> TrainerKey:
        """The public half."""
        public = Opener(suite, self.seed).public.hex()
        return TrainerKey(NAMES[suite], suite, public, self.not_before, self.not_after)

    def signed_keys(self, *suites: Suite) -> bytes:
        """The list of keys as it is served."""
        keys = tuple(self.key(suite) for suite in suites or (Suite.HYBRID,))
        listed = TrainerKeys(1, self.version, self.not_after, self.receipts.public, keys)
        return envelope.signed(canonical(listed), self.root.sign(keys_to_sign(listed)))

    def open(self, content: bytes) -> bytes:
        """What is in an envelope; raises as `open_envelope`."""
        openers = {name: Opener(suite, self.seed) for suite, name in NAMES.items()}
        return open_envelope(content, openers)[1]
