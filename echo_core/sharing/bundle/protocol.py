"""What a daemon and a trainer's intake say over HTTP: paths, headers, refusals.

    GET   /v1/keys            the trainer's keys, signed
    HEAD  /v1/bundles/ID      how much of an envelope arrived: Upload-Offset
    PATCH /v1/bundles/ID      the rest of it, from Upload-Offset on; answered with a receipt
    PUT   /v1/deletions/ID    a signed wish; answered with a receipt

ID is the SHA-256 of the whole body, so that sending twice is the same as sending once.

Left out: sockets, on either side; what an answer means for what waits (`sending`).

Rules
 - Keys and wishes need no token: who lost theirs can still take back what they sent.
 - A refusal names its reason in one word and says nothing of what was sent.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

KEYS: Final = "keys"
BUNDLES: Final = "bundles"
DELETIONS: Final = "deletions"
VERSION: Final = "v1"
OFFSET: Final = "Upload-Offset"
LENGTH: Final = "Upload-Length"
RETRY_AFTER: Final = "Retry-After"
PART_TYPE: Final = "application/offset+octet-stream"
RECORD_TYPE: Final = "application/octet-stream"
ID: Final = "[0-9a-f]{64}"
_BEARER: Final = "Bearer "
_TOKEN: Final = re.compile("[A-Za-z0-9_-]{16,128}")


class Refusal(StrEnum):
    """Why an intake did not take something."""

    NO_TOKEN = "no_token"  # noqa: S105 - a reason
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    WRONG_DIGEST = "wrong_digest"
    NO_ENVELOPE = "no_envelope"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    WRONG_WEEK = "wrong_week"
    DELETED = "deleted"
    OFFSET = "offset"
    UNKNOWN = "unknown"
    TOO_MANY = "too_many"
    CAP = "cap"
    TOO_SLOW = "too_slow"
    BUSY = "busy"
    NOT_YET = "not_yet"

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _REFUSALS[self][1]

    @property
    def status(self) -> int:
        """The HTTP status that says it."""
        return _REFUSALS[self][0]


# A client gives up what is refused with 4xx, but for a few (`sending.fate`).
_REFUSALS: Final = {
    Refusal.NO_TOKEN: (401, "This intake takes bundles of its team alone: set `sharing.token`."),
    Refusal.MALFORMED: (400, "This request is none of the protocol's."),
    Refusal.TOO_LARGE: (413, "This is larger than a bundle may be."),
    Refusal.WRONG_DIGEST: (422, "What arrived is not what its name says."),
    Refusal.NO_ENVELOPE: (422, "This is no sealed bundle and no wish."),
    Refusal.BAD_SIGNATURE: (422, "The signature is not its contributor's."),
    Refusal.UNKNOWN_KEY: (422, "It is sealed for a key that is none of this trainer's."),
    Refusal.WRONG_WEEK: (422, "Its week is too long ago, or has not begun."),
    Refusal.DELETED: (410, "Its contributor asked for deletion."),
    Refusal.OFFSET: (409, "Another part of it is here: ask how much."),
    Refusal.UNKNOWN: (404, "Nothing of that name is here."),
    Refusal.TOO_MANY: (429, "Too many requests came from there."),
    Refusal.CAP: (429, "Its contributor has sent as much as one may in a day."),
    Refusal.TOO_SLOW: (408, "It came too slowly."),
    Refusal.BUSY: (503, "The intake is busy."),
    Refusal.NOT_YET: (202, "It is being deleted: ask again."),
}


def credential(token: str) -> str:
    """The header `Authorization` for a team's token."""
    return _BEARER + token


def token_of(header: str) -> str:
    """The token in a header `Authorization`; empty where there is none that fits."""
    token = header.removeprefix(_BEARER)
    return token if token != header and _TOKEN.fullmatch(token) else ""


def number_of(header: str) -> int | None:
    """A whole number in a header; None where it is none."""
    fits = header.isascii() and header.isdigit() and len(header) < 16
    return int(header) if fits else None
