"""Whether an envelope or a wish is what it says, by itself alone. Pure, but for the signature.

Left out: what is known of its contributor (`echo_trainer.tables.intake`).

Rules
 - The cheapest question comes first: size, digest, form, signature.
 - Nothing is decompressed or opened: what is inside is curation's to judge.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import day_of, week_of, week_start_ms
from echo_core.sharing.bundle.envelope import ENVELOPE_BYTES_MAX, HEADER_BYTES_MAX, SIGNATURE_BYTES
from echo_core.sharing.bundle.protocol import Refusal
from echo_trainer.keys import signatures
from echo_trainer.tables.intake import Arrival, WishRow

WISH_BYTES_MAX: Final = HEADER_BYTES_MAX + SIGNATURE_BYTES
_WEEK_MS: Final = 7 * 24 * 3_600_000


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """What came is not taken."""

    def __init__(self, refusal: Refusal, retry_after_s: int = 0) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Times:
    """What of the clock counts."""

    now_ms: int
    weeks_back: int

    @property
    def day(self) -> str:
        """Today, in UTC."""
        return day_of(self.now_ms)

    def allow(self, week: str) -> bool:
        """Whether bundles of a week are taken; a client's clock may be a day ahead."""
        try:
            start_ms = week_start_ms(week)
        except InputError:
            return False
        this_ms = week_start_ms(week_of(self.now_ms))
        ahead_ms = week_start_ms(week_of(self.now_ms + _WEEK_MS // 7))
        return this_ms - self.weeks_back * _WEEK_MS <= start_ms <= ahead_ms


def judged(name: str, content: bytes, times: Times, keys: Container[str]) -> Arrival:
    """An envelope as a row will hold it; `keys`: the ids of those it may be sealed for.

    Raises:
        Refused: it is not taken.
    """
    found = arrived(name, content, times.day)
    if found.key not in keys:
        raise Refused(Refusal.UNKNOWN_KEY)
    if not times.allow(found.week):
        raise Refused(Refusal.WRONG_WEEK)
    return found


def arrived(name: str, content: bytes, day: str) -> Arrival:
    """An envelope as a row will hold it, whenever and for whichever key it was sealed.

    Raises:
        Refused: it is none, or its signature is another's.
    """
    if len(content) > ENVELOPE_BYTES_MAX:
        raise Refused(Refusal.TOO_LARGE)
    if sha256(content).hexdigest() != name:
        raise Refused(Refusal.WRONG_DIGEST)
    try:
        header = signatures.verified(content).header
    except InputError as error:
        raise Refused(Refusal.NO_ENVELOPE) from error
    except InvalidSignature as error:
        raise Refused(Refusal.BAD_SIGNATURE) from error
    return Arrival(
        digest=name,
        kind=header.kind,
        contributor=header.contributor,
        week=header.week,
        key=header.key,
        schema=header.schema,
        size=len(content),
        day=day,
    )


def judged_wish(name: str, content: bytes, day: str) -> WishRow:
    """A wish as a row will hold it.

    Raises:
        Refused: it is none, or not its pseudonym's.
    """
    if len(content) > WISH_BYTES_MAX:
        raise Refused(Refusal.TOO_LARGE)
    if sha256(content).hexdigest() != name:
        raise Refused(Refusal.WRONG_DIGEST)
    try:
        found = signatures.wish(content)
    except InputError as error:
        raise Refused(Refusal.NO_ENVELOPE) from error
    except InvalidSignature as error:
        raise Refused(Refusal.BAD_SIGNATURE) from error
    return WishRow(name, found.contributor, found.kind, found.week, day, content)
