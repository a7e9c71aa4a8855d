"""Tokens of private teams: who has one may contribute.

Left out: how a request shows its token (`echo_core.sharing.bundle.protocol`).

Rules
 - A database that is read by others gives no token away: it holds digests. A token is 256 random
   bits, so a plain digest is enough.
 - A token is for a team, not for a person: no row says with which one a bundle came.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, insert, select, update

from echo_trainer.tables.schema import tokens

_TOKEN_BYTES: Final = 32
_ID_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token, without itself."""

    id: str
    label: str
    digest: str
    made: str
    expires: str
    revoked: str

    def holds(self, day: str) -> bool:
        """Whether it admits on a day."""
        return not self.revoked and (not self.expires or day <= self.expires)


def create(connection: Connection, label: str, day: str, expires: str) -> tuple[str, str]:
    """A new token's id, and the token itself, which is shown once."""
    token = f"echo_{secrets.token_urlsafe(_TOKEN_BYTES)}"
    row = {
        "id": secrets.token_hex(_ID_BYTES),
        "label": label,
        "digest": digest_of(token),
        "made": day,
        "expires": expires,
        "revoked": "",
    }
    connection.execute(insert(tokens), [row])
    return row["id"], token


def listed(connection: Connection) -> Sequence[TokenRow]:
    """Every token, oldest first."""
    rows = connection.execute(select(tokens).order_by(tokens.c.made, tokens.c.id))
    return [TokenRow(**row) for row in rows.mappings()]


def revoke(connection: Connection, identity: str, day: str) -> bool:
    """Let a token admit no more; whether there was one that did."""
    done = connection.execute(
        update(tokens).where(tokens.c.id == identity, tokens.c.revoked == "").values(revoked=day)
    )
    return done.rowcount == 1


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode()).hexdigest()
