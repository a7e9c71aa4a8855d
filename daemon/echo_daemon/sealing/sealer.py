"""From a bundle to its envelope: packed, sealed for the trainer, signed by the week's pseudonym.

Left out: what is in the bundle, and when it is made (`echo_daemon.sharing`).
"""

from __future__ import annotations

from echo_core.sharing.bundle import envelope
from echo_core.sharing.bundle.contents import SCHEMA
from echo_core.sharing.bundle.envelope import Header, Kind, Said, TrainerKey, TrainerKeys
from echo_core.sharing.bundle.packing import packed
from echo_daemon.sealing import identity
from echo_daemon.sealing.hpke import sealed
from echo_daemon.sealing.identity import Pseudonym
from echo_daemon.sealing.trainer import is_receipt, signed_receipt, trusted_keys


class BundleSealer:
    """`echo_daemon.sharing.api.Sealer`: all that sharing asks of ciphers. Holds nothing."""

    def new_secret(self) -> bytes:
        """A secret that nobody has."""
        return identity.new_secret()

    def sample_id(self, secret: bytes, request: str) -> str:
        """The name under which a sample leaves."""
        return identity.sample_id(secret, request)

    def pseudonym(self, secret: bytes, kind: Kind, week: str) -> str:
        """The public key of a week, in hex."""
        return Pseudonym(secret, kind, week).public

    def deletion(self, secret: bytes, kind: Kind, week: str) -> bytes:
        """The signed wish that all that came from a week's pseudonym is deleted."""
        return Pseudonym(secret, kind, week).deletion()

    def is_receipt(self, content: bytes, said: Said, of: str) -> bool:
        """Whether this is a receipt that says so of `of`, whoever signed it."""
        return is_receipt(content, said, of)

    def signed_receipt(self, content: bytes, key: str) -> bool:
        """Whether a receipt is signed by a key, in hex."""
        return signed_receipt(content, key)

    def trusted(self, signed: bytes, root: str, *, version_min: int, day: str) -> TrainerKeys:
        """The keys in a signed list; raises as `trusted_keys`."""
        return trusted_keys(signed, root, version_min=version_min, day=day)

    def envelope(
        self, secret: bytes, content: bytes, kind: Kind, week: str, key: TrainerKey
    ) -> bytes:
        """The envelope around `content`, the written form of a bundle or report.

        Two envelopes of the same content differ: whoever sends keeps the one that was made.

        Raises:
            InputError: it is larger than a bundle may be.
            SharingError: the trainer's key cannot be used.
        """
        pseudonym = Pseudonym(secret, kind, week)
        header = Header(
            schema=SCHEMA,
            kind=kind,
            suite=key.suite,
            key=key.id,
            week=week,
            contributor=pseudonym.public,
        )
        body = sealed(packed(content), key, envelope.seal_context(header))
        unsigned = envelope.unsigned(header, body)
        return envelope.signed(unsigned, pseudonym.sign(envelope.to_sign(unsigned)))
