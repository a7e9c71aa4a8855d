"""From a bundle to its envelope: packed, sealed for the trainer, signed by the week's pseudonym.

Left out: what is in the bundle, and when it is made (`echo_daemon.sharing`).
"""

from __future__ import annotations

from echo_core.bundle import envelope
from echo_core.bundle.contents import SCHEMA
from echo_core.bundle.envelope import Header, Kind, TrainerKey
from echo_core.bundle.packing import packed
from echo_daemon.sealing.hpke import sealed
from echo_daemon.sealing.identity import Pseudonym


def enveloped(
    content: bytes, kind: Kind, week: str, key: TrainerKey, pseudonym: Pseudonym
) -> bytes:
    """The envelope around `content`, the written form of a bundle or report.

    Two envelopes of the same content differ: whoever sends keeps the one that was made.

    Raises:
        InputError: it is larger than a bundle may be.
        SharingError: the trainer's key cannot be used.
    """
    header = Header(
        schema=SCHEMA,
        kind=kind,
        suite=key.suite,
        key=key.id,
        week=week,
        contributor=pseudonym.public,
    )
    body = envelope.unsigned(header, sealed(packed(content), key, envelope.seal_context(header)))
    return envelope.signed(body, pseudonym.sign(envelope.to_sign(body)))
